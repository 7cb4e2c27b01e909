// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package provider

import (
	"os"
	"testing"
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
	names := []string{
		"TF_LOG_SDK", "TF_LOG_SDK_PROTO", "TF_LOG_SDK_FRAMEWORK", "TF_LOG_PROVIDER_DCS", "TF_LOG_PROVIDER_DCS_API",
		"TF_LOG_PROVIDER",
	}
	for _, name := range names {
		t.Setenv(name, "")
	}

	t.Setenv("TF_LOG", "DEBUG")
	SilenceUnwantedLog()

	if got := os.Getenv("TF_LOG_SDK"); got != "" {
		t.Errorf("a log that is wanted was changed: TF_LOG_SDK=%s", got)
	}

	t.Setenv("TF_LOG", "")
	SilenceUnwantedLog()

	for _, name := range names[:4] {
		if got := os.Getenv(name); got != "OFF" {
			t.Errorf("%s=%q, want OFF", name, got)
		}
	}
}
