// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package provider

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestLogWanted(t *testing.T) {
	t.Parallel()

	tests := map[string]struct {
		environ []string
		want    bool
	}{
		"nothing is set":             {[]string{"HOME=/home/user", "HW_REGION_NAME=TRACE"}, false},
		"everything":                 {[]string{"TF_LOG=INFO"}, true},
		"as JSON":                    {[]string{"TF_LOG=json"}, true},
		"switched off":               {[]string{"TF_LOG=off", "TF_LOG_PROVIDER=OFF"}, false},
		"empty":                      {[]string{"TF_LOG=", "TF_LOG_SDK="}, false},
		"providers":                  {[]string{"TF_LOG_PROVIDER=DEBUG"}, true},
		"this provider":              {[]string{"TF_LOG_PROVIDER_DCS=DEBUG"}, true},
		"this provider's requests":   {[]string{"TF_LOG_PROVIDER_DCS_API=DEBUG"}, true},
		"the protocol":               {[]string{"TF_LOG_SDK_PROTO=DEBUG"}, true},
		"Terraform alone":            {[]string{"TF_LOG_CORE=TRACE"}, false},
		"a file, but nothing for it": {[]string{"TF_LOG_PATH=terraform.log"}, false},
		"one off, another one on":    {[]string{"TF_LOG=OFF", "TF_LOG_PROVIDER=WARN"}, true},
	}

	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			if got := logWanted(test.environ); got != test.want {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}

func TestSilenceUnwantedLog(t *testing.T) {
	t.Parallel()

	silenced := func(environ ...string) map[string]string {
		got := map[string]string{}

		silenceUnwantedLog(environ, func(name, value string) error {
			got[name] = value

			return nil
		})

		return got
	}

	if got := silenced("TF_LOG=DEBUG"); len(got) > 0 {
		t.Errorf("a log that is wanted was changed: %v", got)
	}

	want := map[string]string{
		"TF_LOG_SDK": "OFF", "TF_LOG_SDK_PROTO": "OFF", "TF_LOG_SDK_FRAMEWORK": "OFF", "TF_LOG_PROVIDER_DCS": "OFF",
	}
	if diff := cmp.Diff(want, silenced("TF_LOG=")); diff != "" {
		t.Errorf("levels (-want +got):\n%s", diff)
	}
}
