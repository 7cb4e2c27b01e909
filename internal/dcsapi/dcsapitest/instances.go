// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package dcsapitest

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Tag is one of the tags of an [Instance].
type Tag struct {
	Key, Value string
}

// withDefaults fills in what a listing of instances shows and the instance does not say. The same ID gets the same
// values.
func (i Instance) withDefaults() Instance {
	i.ProjectID = cmp.Or(i.ProjectID, ProjectID)
	i.Name = cmp.Or(i.Name, "dcs-"+i.ID[:min(len(i.ID), 8)])
	i.Status = cmp.Or(i.Status, "RUNNING")
	i.Engine = cmp.Or(i.Engine, "Redis")
	i.EngineVersion = cmp.Or(i.EngineVersion, "5.0")
	i.EnterpriseProjectID = cmp.Or(i.EnterpriseProjectID, "0")

	if i.Capacity == 0 && i.CapacityMinor == "" {
		i.Capacity = 2
	}

	if i.SpecCode == "" {
		mode := "ha.xu1.large.r2."
		if i.SingleNode {
			mode = "single.xu1.large."
		}

		i.SpecCode = "redis." + mode + strings.TrimPrefix(i.size(), "0")
	}

	if i.CreatedAt.IsZero() {
		name := fnv.New32a()
		_, _ = name.Write([]byte(i.ID)) // a hash does not fail
		i.CreatedAt = time.Date(2023, 1, 1, 0, 0, 0, 335e6, time.UTC).Add(time.Duration(name.Sum32()%31_536_000) * time.Second)
	}

	return i
}

// size is the capacity in GB as a decimal.
func (i Instance) size() string {
	if i.Capacity == 0 {
		return cmp.Or(i.CapacityMinor, "0")
	}

	return strconv.Itoa(i.Capacity)
}

// SampleInstance is the instance that the vendor's pages print, with what its samples are known for: numbers where the
// fields are strings, an object for a missing address, a small capacity as a fraction alone.
func SampleInstance() Instance {
	return Instance{
		ID:                  "c830053e-d5a3-4bc0-b6d6-ca37d1ea9dd5",
		Name:                "dcs-orders",
		Status:              "RUNNING",
		Engine:              "Redis",
		EngineVersion:       "5.0",
		SpecCode:            "redis.ha.xu1.tiny.r2.128",
		CapacityMinor:       ".125",
		CreatedAt:           time.Date(2022, 8, 29, 9, 0, 34, 335e6, time.UTC),
		EnterpriseProjectID: "0",
		Tags:                []Tag{{"1", "DCS"}},
		Raw: map[string]any{
			"publicip_id": struct{}{}, "enterprise_project_id": 0, "no_password_access": true,
			"tags": []map[string]any{{"key": 1, "value": "DCS"}}, "az_codes": []string{"region01", "region02"},
			"security_group_id": "securityGroupId", "vpc_name": "dcs-beta",
		},
	}
}

// fields returns what a listing of instances sends. The backup policy, the cache mode and a running task are not in it.
func (i Instance) fields() []field {
	memory := 128 // MB
	if gigabytes, err := strconv.ParseFloat("0"+i.size(), 64); err == nil {
		memory = int(gigabytes * 1024)
	}

	return []field{
		{"publicip_id", ""},
		{"vpc_name", jsonString("vpc-local")},
		{"charging_mode", "0"},
		{"vpc_id", jsonString(uuid("vpc"))},
		{"subnet_id", jsonString(uuid("subnet"))},
		{"security_group_id", jsonString(uuid("security group"))},
		{"created_at", jsonTime(i.CreatedAt)},
		{"updated_at", jsonTime(i.CreatedAt)},
		{"enable_ssl", "false"},
		{"max_memory", strconv.Itoa(memory)},
		{"used_memory", "2"},
		{"publicip_address", ""},
		{"capacity", strconv.Itoa(i.Capacity)},
		{"capacity_minor", jsonString(i.CapacityMinor)},
		{"order_id", ""},
		{"maintain_begin", jsonString("02:00:00")},
		{"maintain_end", jsonString("06:00:00")},
		{"engine", jsonString(i.Engine)},
		{"engine_version", jsonString(i.EngineVersion)},
		{"service_upgrade", "false"},
		{"no_password_access", jsonString("false")},
		{"service_task_id", ""},
		{"ip", jsonString("192.168.0.100")},
		{"access_user", ""},
		{"instance_id", jsonString(i.ID)},
		{"enable_publicip", "false"},
		{"port", "6379"},
		{"user_id", jsonString(UserID)},
		{"user_name", jsonString(UserName)},
		{"domain_name", jsonString("redis-" + i.ID + ".dcs.huaweicloud.com")},
		{"readonly_domain_name", ""},
		{"name", jsonString(i.Name)},
		{"spec_code", jsonString(i.SpecCode)},
		{"status", jsonString(i.Status)},
		{"sub_status", jsonString("normal")},
		{"tags", jsonTags(i.Tags)},
		{"enterprise_project_id", jsonString(i.EnterpriseProjectID)},
		{"description", ""},
		{"cpu_type", jsonString("x86_64")},
		{"az_codes", `["az1","az2"]`},
		{"features", `{"support_acl":true}`},
	}
}

func jsonTags(tags []Tag) string {
	sent := make([]string, len(tags))
	for n, tag := range tags {
		sent[n] = `{"key":` + quoted(tag.Key) + `,"value":` + quoted(tag.Value) + `}`
	}

	return "[" + strings.Join(sent, ",") + "]"
}

// listInstances answers ListInstances. A project without instances has an empty array.
func (c *Call) listInstances() *Response {
	s := c.Server

	s.mu.Lock()
	defer s.mu.Unlock()

	if refused := c.authorizeProject(c.ProjectID()); refused != nil {
		return refused
	}

	values := c.Request.URL.Query()

	page, wrong := parsePaging(values)
	if wrong != "" {
		return c.DCSError(http.StatusBadRequest, "DCS.4800", "The parameter "+wrong+" is invalid.")
	}

	selected := [][]byte{}

	for _, i := range s.projectInstances(c.ProjectID()) {
		if i.matches(values) {
			selected = append(selected, i.json)
		}
	}

	return c.list(&Listing{
		paging: page, totalKey: "instance_num", arrayKey: "instances", Always200: true, Elements: s.ordered(selected),
	})
}

// projectInstances are the instances of a project, newest first, those of the same age by ID.
func (s *Server) projectInstances(projectID string) []*instance {
	var found []*instance

	for _, i := range s.instances {
		if i.ProjectID == projectID {
			found = append(found, i)
		}
	}

	slices.SortFunc(found, func(a, b *instance) int {
		return cmp.Or(b.CreatedAt.Compare(a.CreatedAt), strings.Compare(a.ID, b.ID))
	})

	return found
}

// matches tells whether an instance is one that the query asks for. The service's matching of names is not documented;
// here, unless name_equal is true, a name must contain the one given.
func (i Instance) matches(query url.Values) bool {
	name := query.Get("name")
	if query.Get("name_equal") == "true" && name != i.Name || !strings.Contains(i.Name, name) {
		return false
	}

	for parameter, value := range map[string]string{"instance_id": i.ID, "status": i.Status} {
		if asked := query.Get(parameter); asked != "" && asked != value {
			return false
		}
	}

	for tag := range strings.SplitSeq(query.Get("tags"), ",") {
		key, value, _ := strings.Cut(tag, "=")
		if tag != "" && !slices.Contains(i.Tags, Tag{key, value}) {
			return false
		}
	}

	return true
}

// GenerateInstances makes n instances, each with as many backups, that look like those of a real project: the same for
// the same seed, and different from each other in name, tags and size. The first ones are the same whatever n is.
func GenerateInstances(n, backups int, seed uint64) []Instance {
	random := rand.New(rand.NewPCG(seed, 1)) //nolint:gosec // the same instances in every run
	sizes := []Instance{{CapacityMinor: ".125"}, {Capacity: 1}, {Capacity: 2}, {Capacity: 4}, {Capacity: 8}}

	instances := make([]Instance, n)
	for k := range instances {
		i := sizes[random.IntN(len(sizes))]
		i.ID = uuid(fmt.Sprintf("seed %d instance %d", seed, k))
		i.Name = fmt.Sprintf("%s-%s-%04d", draw(random, nil, "prod", "staging", "test"),
			draw(random, nil, "orders", "sessions", "cart", "search"), k+1)
		i.EngineVersion = draw(random, nil, "4.0", "5.0", "6.0", "7.0")
		i.Tags = []Tag{
			{"environment", i.Name[:strings.IndexByte(i.Name, '-')]},
			{"team", draw(random, nil, "payments", "web", "platform")},
		}
		i.Backups = GenerateBackups(backups, random.Uint64())
		instances[k] = i
	}

	return instances
}
