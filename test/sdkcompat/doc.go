// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

// Package sdkcompat holds the vendor's Go SDK v3 as an oracle against what the provider and its local endpoint do on
// their own. It is a module of its own, so that the provider does not depend on the SDK.
package sdkcompat
