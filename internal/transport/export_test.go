// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package transport

// NewNetwork lets tests replace how the network connects.
var NewNetwork = newNetwork
