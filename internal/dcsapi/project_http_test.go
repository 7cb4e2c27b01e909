// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package dcsapi_test

import (
	"fmt"
	"net/url"
	"testing"

	"github.com/google/go-cmp/cmp"

	"terraform-provider-dcs/internal/dcsapi"
	"terraform-provider-dcs/internal/dcsapi/dcsapitest"
)

// TestProjectBackups_localService reads the project of the local service over the wire.
func TestProjectBackups_localService(t *testing.T) {
	t.Parallel()

	s := dcsapitest.ForTest(t)
	want := make(map[string]int)

	for i := range 30 {
		id := fmt.Sprintf("instance-%02d", i)
		want[id] = i * 50

		s.AddInstance(dcsapitest.Instance{ID: id, Backups: dcsapitest.GenerateBackups(i*50, uint64(i))})
	}

	got := make(map[string]int)

	listing, err := newClient(t, s.URL(), 0).ProjectBackups(t.Context(), dcsapi.ProjectQuery{
		Select: func(i *dcsapi.Instance) bool { return i.ID != "instance-07" },
	}, func(i dcsapi.InstanceBackups) {
		got[i.Instance.ID] = len(i.Listing.Backups)

		if !i.BackupSupported || i.Listing.TotalNum != int64(want[i.Instance.ID]) {
			t.Errorf("%s: backups supported: %t, count %d", i.Instance.ID, i.BackupSupported, i.Listing.TotalNum)
		}
	})
	if err != nil {
		t.Fatal(err)
	}

	delete(want, "instance-07")

	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("records (-want +got):\n%s", diff)
	}

	if listing.Region != dcsapitest.Region || listing.ProjectID != dcsapitest.ProjectID {
		t.Errorf("got %+v", listing)
	}

	var lists []url.Values

	backups := 0

	for _, r := range s.Requests() {
		switch r.Path {
		case "/v2/" + dcsapitest.ProjectID + "/instances":
			lists = append(lists, r.Query())
		case "/v3/projects":
		default:
			backups++
		}
	}

	// Instances 20 to 29 have 1000 records and more.
	if diff := cmp.Diff([]url.Values{{"limit": {"1000"}, "offset": {"0"}}}, lists); diff != "" || backups != 29+10 {
		t.Errorf("%d requests for backups, listings (-want +got):\n%s", backups, diff)
	}
}
