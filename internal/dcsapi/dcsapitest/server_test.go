// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package dcsapitest

import "testing"

func TestSmoke(t *testing.T) {
	s := New()
	s.AddInstance(Instance{ID: InstanceID, Backups: GenerateBackups(25, 1)})
	c := newCaller(t, s)
	r := c.get(listingPath)
	t.Log(r.status, r.header, r.body, r.err)
	t.Log(c.get("/v3/projects?name=cn-north-4"))
	t.Log(c.get("/v3/nonsense?name=cn-north-4"))
	t.Log(len(c.get(listingPath + "?limit=1000").page(t).Records))
	for _, r := range s.Requests() {
		t.Log(r)
	}
}
