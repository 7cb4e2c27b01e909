// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package auth

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
)

// maxProfileFile bounds how much of a profile file is read, in bytes. A real one has a few kilobytes.
const maxProfileFile = 1 << 20

var (
	// ErrUnknownProfile says that a file holds no profile of the name asked for, or names no current one.
	ErrUnknownProfile = errors.New("unknown profile")
	// ErrProfileKeys says that a profile holds no access key that can be used. The rest of the profile can be.
	ErrProfileKeys = errors.New("no usable access key")
)

// Profile is what KooCLI (hcloud) remembers of an account.
type Profile struct {
	Name      string
	Region    string
	ProjectID string // It belongs to Region.
	// Keys are those of the profile, or of its single sign-on. Their Origin is set even where they cannot be used.
	Keys Keys
}

// profileFile is the part of KooCLI's configuration file that matters here.
type profileFile struct {
	Current  string         `json:"current"`
	Profiles []profileEntry `json:"profiles"`
}

type profileEntry struct {
	Name      string `json:"name"`
	Mode      string `json:"mode"`
	Region    string `json:"region"`
	ProjectID string `json:"projectId"`
	profileKeys
	SSO *struct {
		Keys *profileKeys `json:"stsToken"`
	} `json:"ssoAuth"`
}

type profileKeys struct {
	AccessKey     string `json:"accessKeyId"`
	SecretKey     string `json:"secretAccessKey"`
	SecurityToken string `json:"securityToken"`
}

// modeSSO is the mode of a profile whose keys come from a single sign-on.
const modeSSO = "SSO"

// ReadProfile reads the profile called name from KooCLI's configuration file, or the file's current one where name is
// empty. Where only its keys cannot be used, the error is an [ErrProfileKeys] and the rest of the profile is returned.
// No error repeats what the file holds, except for the names of the profiles.
func ReadProfile(file, name string) (Profile, error) {
	content, err := readProfileFile(file)
	if err != nil {
		return Profile{}, err
	}

	profile, err := parseProfile(content, name)
	if profile.Name != "" {
		profile.Keys.Origin = fmt.Sprintf("profile %q of %s", profile.Name, file)
	}

	if err != nil {
		return profile, fmt.Errorf("%s: %w", file, err)
	}

	return profile, nil
}

func readProfileFile(file string) ([]byte, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // Nothing was written.

	content, err := io.ReadAll(io.LimitReader(f, maxProfileFile+1))
	if err != nil {
		return nil, err
	}

	if len(content) > maxProfileFile {
		return nil, fmt.Errorf("%s: it has more than %d KiB, as no file of KooCLI has", file, maxProfileFile>>10)
	}

	return content, nil
}

func parseProfile(content []byte, name string) (Profile, error) {
	var file profileFile

	// Errors of the decoder repeat parts of what they cannot decode.
	if err := json.Unmarshal(bytes.TrimPrefix(content, []byte("\uFEFF")), &file); err != nil {
		return Profile{}, errors.New("it is not JSON as KooCLI writes it")
	}

	if name == "" {
		name = file.Current
	}

	for _, entry := range file.Profiles {
		if name != "" && entry.Name == name {
			return entry.profile()
		}
	}

	if name == "" {
		return Profile{}, fmt.Errorf("%w: none is named or current; %s", ErrUnknownProfile, file.names())
	}

	return Profile{}, fmt.Errorf("%w %q: %s", ErrUnknownProfile, name, file.names())
}

// maxProfileNames is how many profiles a message lists.
const maxProfileNames = 20

func (f profileFile) names() string {
	var names []string

	for i, entry := range f.Profiles {
		if i == maxProfileNames {
			names = append(names, fmt.Sprintf("and %d more", len(f.Profiles)-i))

			break
		}

		names = append(names, strconv.Quote(entry.Name))
	}

	if len(names) == 0 {
		return "the file holds no profiles"
	}

	return "the file holds " + strings.Join(names, ", ")
}

func (e profileEntry) profile() (Profile, error) {
	profile := Profile{Name: e.Name, Region: e.Region, ProjectID: e.ProjectID}

	keys, err := e.keys()
	if err != nil {
		return profile, fmt.Errorf("%w in profile %q: %w", ErrProfileKeys, e.Name, err)
	}

	profile.Keys = Keys{AccessKey: keys.AccessKey, SecretKey: keys.SecretKey, SecurityToken: keys.SecurityToken}

	return profile, nil
}

func (e profileEntry) keys() (profileKeys, error) {
	if !strings.EqualFold(e.Mode, modeSSO) {
		return e.profileKeys, e.check(e.Mode)
	}

	if e.SSO == nil || e.SSO.Keys == nil {
		return profileKeys{}, errors.New("its mode is SSO, but it has no ssoAuth.stsToken; log in with hcloud again")
	}

	return *e.SSO.Keys, e.SSO.Keys.check(e.Mode)
}

func (k profileKeys) check(mode string) error {
	switch {
	case k.AccessKey == "" && k.SecretKey == "":
		return fmt.Errorf("its mode is %q, and accessKeyId and secretAccessKey are empty", mode)
	case k.AccessKey == "":
		return errors.New("accessKeyId is empty")
	case k.SecretKey == "":
		return errors.New("secretAccessKey is empty")
	case encrypted(k.AccessKey):
		return errors.New("its keys look encrypted, in a way that only KooCLI can read; run " +
			"hcloud configure set --cli-auth-encrypt=false and configure the profile again")
	default:
		return nil
	}
}

// longestAccessKey is generous: access keys have 20 letters and digits.
const longestAccessKey = 32

// encrypted reports whether accessKey cannot be an access key as the service knows it. KooCLI encrypts by default, in a
// form that it does not document. What is not noticed here the service refuses as a key that does not exist.
func encrypted(accessKey string) bool {
	return len(accessKey) > longestAccessKey || strings.ContainsAny(accessKey, "+/=: ")
}
