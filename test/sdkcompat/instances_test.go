// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package sdkcompat

import (
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/services/dcs/v2/model"

	"terraform-provider-dcs/internal/dcsapi/dcsapitest"
)

// instance is what both sides say of an instance.
type instance struct {
	ID, Name, Status, Engine, EngineVersion, SpecCode, CreatedAt, EnterpriseProjectID, CapacityMinor string

	Capacity int32
	Tags     map[string]string
}

func instanceFromSDK(i model.InstanceListInfo) instance {
	converted := instance{
		ID: value(i.InstanceId), Name: value(i.Name), Status: value(i.Status), Engine: value(i.Engine),
		EngineVersion: value(i.EngineVersion), SpecCode: value(i.SpecCode), CreatedAt: value(i.CreatedAt),
		EnterpriseProjectID: value(i.EnterpriseProjectId), CapacityMinor: value(i.CapacityMinor), Capacity: *i.Capacity,
		Tags: map[string]string{},
	}
	for _, tag := range *i.Tags {
		converted.Tags[tag.Key] = value(tag.Value)
	}

	return converted
}

func instanceOfServer(i dcsapitest.Instance) instance {
	converted := instance{
		ID: i.ID, Name: i.Name, Status: i.Status, Engine: i.Engine, EngineVersion: i.EngineVersion, SpecCode: i.SpecCode,
		CreatedAt: i.CreatedAt.UTC().Format("2006-01-02T15:04:05.000Z"), EnterpriseProjectID: i.EnterpriseProjectID,
		CapacityMinor: i.CapacityMinor, Capacity: int32(i.Capacity), //nolint:gosec // A few GB.
		Tags: map[string]string{},
	}
	for _, tag := range i.Tags {
		converted.Tags[tag.Key] = tag.Value
	}

	return converted
}

// The SDK lists the instances that the endpoint holds, page by page.
func TestInstances_sameInstances(t *testing.T) {
	t.Parallel()

	for _, n := range []int{0, 1, 10, 999, 1000, 1001} {
		t.Run(strconv.Itoa(n), func(t *testing.T) {
			t.Parallel()

			s := dcsapitest.ForTest(t)
			s.AddInstance(dcsapitest.Instance{ID: "elsewhere", ProjectID: "another-project"})

			var want []instance

			for _, i := range dcsapitest.GenerateInstances(n, 0, 7) {
				s.AddInstance(i)
			}

			for _, i := range s.Instances(dcsapitest.ProjectID) {
				want = append(want, instanceOfServer(i))
			}

			client, limit := knownKey().client(t, s), int32(1000)

			var got []instance

			for {
				offset := int32(len(got)) //nolint:gosec // No listing here has that many.

				page, err := client.ListInstances(&model.ListInstancesRequest{Limit: &limit, Offset: &offset})
				if err != nil {
					t.Fatal(err)
				}

				if int(*page.InstanceNum) != n {
					t.Errorf("instance_num is %d, want %d", *page.InstanceNum, n)
				}

				for _, i := range *page.Instances {
					got = append(got, instanceFromSDK(i))
				}

				if len(*page.Instances) < int(limit) {
					break
				}
			}

			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("instances (-endpoint +SDK):\n%s", diff)
			}
		})
	}
}

func TestInstances_refused(t *testing.T) {
	t.Parallel()

	s := dcsapitest.ForTest(t)

	limit := int32(1001)
	_, err := knownKey().client(t, s).ListInstances(&model.ListInstancesRequest{Limit: &limit})

	if err == nil || !strings.Contains(err.Error(), "DCS.4800") {
		t.Errorf("got %v, want DCS.4800", err)
	}
}
