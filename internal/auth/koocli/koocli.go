// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

// Package koocli reads profiles from the configuration file of KooCLI (hcloud), the vendor's command line client.
package koocli

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"terraform-provider-dcs/internal/auth/secret"
	"terraform-provider-dcs/internal/boundedfile"
)

var (
	// ErrUnknownProfile says that a file has no profile of the given name, or names no current one.
	ErrUnknownProfile = errors.New("unknown profile")
	// ErrKeys says that the access key of a profile cannot be used. The rest of the profile can be.
	ErrKeys = errors.New("no usable access key")
)

// Profile is a profile of KooCLI.
type Profile struct {
	Name string
	// Origin names the profile and its file, e.g. `profile "dev" of /home/me/.hcloud/config.json`.
	Origin    string
	Region    string
	ProjectID string // It belongs to Region.
	// Mode is how the profile authenticates, one of the constants below where it is known.
	Mode Mode
	// Keys are the profile's, or those of its single sign-on. They are empty where Mode is [ModeECSAgency].
	Keys Keys
	// Agency is the one to assume with Keys, empty where there is none.
	Agency Agency
}

// Mode is how a profile authenticates.
type Mode string

// Modes of KooCLI that have a meaning here. A profile of any other mode authenticates with its keys.
const (
	modeAKSK Mode = "AKSK"
	// modeSSO takes the keys from the last single sign-on.
	modeSSO Mode = "SSO"
	// ModeECSAgency takes the keys from the metadata service of the ECS.
	ModeECSAgency Mode = "ecsAgency"
)

// Keys are an access key. SecurityToken is empty for a permanent one.
type Keys struct {
	AccessKey     string `json:"accessKeyId"`
	SecretKey     string `json:"secretAccessKey"`
	SecurityToken string `json:"securityToken"`
}

// Agency is an agency and its account, by ID or by name.
type Agency struct {
	Name       string
	DomainID   string
	DomainName string
}

// Check returns an error where the account of an agency is missing.
func (a Agency) Check() error {
	if a.Name != "" && a.DomainID == "" && a.DomainName == "" {
		return errors.New("agencyName is set, but agencyDomainId and agencyDomainName are empty")
	}

	return nil
}

// config is the part of KooCLI's configuration file that is read.
type config struct {
	Current  string  `json:"current"`
	Profiles []entry `json:"profiles"`
}

type entry struct {
	Name             string `json:"name"`
	Mode             string `json:"mode"`
	Region           string `json:"region"`
	ProjectID        string `json:"projectId"`
	AgencyName       string `json:"agencyName"`
	AgencyDomainID   string `json:"agencyDomainId"`
	AgencyDomainName string `json:"agencyDomainName"`
	Keys
	SSO *struct {
		Keys *Keys `json:"stsToken"`
	} `json:"ssoAuth"`
}

// Read reads the profile called name from KooCLI's configuration file, or the file's current one where name is empty. Where
// only its keys cannot be used, the error is an [ErrKeys] and the rest of the profile is returned. Every error names the
// file. None repeats its content, except for the names and modes of profiles.
//
// Source: KooCLI user guide, "hcloud configure", and files that it wrote.
func Read(file, name string) (Profile, error) {
	content, err := boundedfile.Read(file)
	if err != nil {
		return Profile{}, err
	}

	profile, err := parse(content, name)
	if profile.Name != "" {
		profile.Origin = fmt.Sprintf("profile %q of %s", profile.Name, file)
	}

	if err != nil {
		return profile, fmt.Errorf("%s: %w", file, err)
	}

	return profile, nil
}

func parse(content []byte, name string) (Profile, error) {
	var file config

	// Errors of the decoder quote what they cannot decode.
	if err := json.Unmarshal(bytes.TrimPrefix(content, []byte("\uFEFF")), &file); err != nil {
		return Profile{}, errors.New("it is not JSON as KooCLI writes it")
	}

	if name == "" {
		name = file.Current
	}

	for _, e := range file.Profiles {
		if name != "" && e.Name == name {
			return e.profile()
		}
	}

	if name == "" {
		return Profile{}, fmt.Errorf("%w: none is named or current; %s", ErrUnknownProfile, file.names())
	}

	return Profile{}, fmt.Errorf("%w %q: %s", ErrUnknownProfile, name, file.names())
}

// maxNames is how many profiles a message lists.
const maxNames = 20

func (c config) names() string {
	var names []string

	for i, e := range c.Profiles {
		if i == maxNames {
			names = append(names, fmt.Sprintf("and %d more", len(c.Profiles)-i))

			break
		}

		names = append(names, strconv.Quote(e.Name))
	}

	if len(names) == 0 {
		return "the file has no profiles"
	}

	return "the file has " + strings.Join(names, ", ")
}

func (e entry) profile() (Profile, error) {
	p := Profile{Name: e.Name, Region: e.Region, ProjectID: e.ProjectID, Mode: Mode(e.Mode)}

	for _, known := range []Mode{modeAKSK, modeSSO, ModeECSAgency} {
		if strings.EqualFold(e.Mode, string(known)) {
			p.Mode = known
		}
	}

	// Without a name an account means nothing: KooCLI writes it for other purposes too.
	if e.AgencyName != "" {
		p.Agency = Agency{Name: e.AgencyName, DomainID: e.AgencyDomainID, DomainName: e.AgencyDomainName}
	}

	if p.Mode == ModeECSAgency {
		return p, nil
	}

	var err error
	if p.Keys, err = e.usableKeys(p.Mode); err != nil {
		return p, fmt.Errorf("%w in profile %q: %w", ErrKeys, e.Name, err)
	}

	return p, nil
}

func (e entry) usableKeys(mode Mode) (Keys, error) {
	if mode != modeSSO {
		return e.usable(mode)
	}

	if e.SSO == nil || e.SSO.Keys == nil {
		return Keys{}, errors.New("its mode is SSO, but it has no ssoAuth.stsToken; log in with hcloud again")
	}

	return e.SSO.Keys.usable(mode)
}

// usable returns the keys without leading and trailing white space.
func (k Keys) usable(mode Mode) (Keys, error) {
	var cleaned Keys

	for _, part := range []struct {
		name string
		from string
		to   *string
	}{
		{"accessKeyId", k.AccessKey, &cleaned.AccessKey},
		{"secretAccessKey", k.SecretKey, &cleaned.SecretKey},
		{"securityToken", k.SecurityToken, &cleaned.SecurityToken},
	} {
		var err error
		if *part.to, err = secret.Clean(part.from); err != nil {
			return Keys{}, fmt.Errorf("%s cannot be used: %w", part.name, err)
		}
	}

	if err := cleaned.check(mode); err != nil {
		return Keys{}, err
	}

	return cleaned, nil
}

func (k Keys) check(mode Mode) error {
	switch {
	case k.AccessKey == "" && k.SecretKey == "" && mode != modeAKSK && mode != modeSSO && mode != "":
		return fmt.Errorf("its mode %q is not supported without accessKeyId and secretAccessKey, which are empty; "+
			"supported modes are AKSK, SSO and ecsAgency", mode)
	case k.AccessKey == "" && k.SecretKey == "":
		return errors.New("accessKeyId and secretAccessKey are empty")
	case k.AccessKey == "":
		return errors.New("accessKeyId is empty")
	case k.SecretKey == "":
		return errors.New("secretAccessKey is empty")
	case isEncrypted(k.AccessKey):
		return errors.New("its keys look encrypted by KooCLI, which alone can decrypt them; run " +
			"hcloud configure set --cli-auth-encrypt=false and configure the profile again")
	default:
		return nil
	}
}

// maxAccessKey is generous: access keys have 20 letters and digits.
const maxAccessKey = 32

// isEncrypted reports whether accessKey cannot be an access key as the service knows it. KooCLI encrypts by default, in a
// form that it does not document. An encrypted key that is not noticed here is refused by the service as an unknown key.
func isEncrypted(accessKey string) bool {
	return len(accessKey) > maxAccessKey || strings.ContainsAny(accessKey, "+/=: ")
}
