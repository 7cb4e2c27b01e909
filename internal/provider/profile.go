// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package provider

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/hashicorp/terraform-plugin-framework/path"

	"terraform-provider-dcs/internal/auth/koocli"
)

const defaultConfigFile = "~/.hcloud/config.json"

// profile is a profile of a KooCLI file.
type profile struct {
	koocli.Profile

	// precedence is fromArgumentProfile or fromEnvironmentProfile, or unset where no profile is named.
	precedence precedence
	// problem is the reason why the profile cannot be read, and keysErr why its keys cannot be used.
	problem *problem
	keysErr error
}

// profile reads the profile that the block or the environment names.
func (r *resolver) profile() profile {
	file := r.text(path.Root("shared_config_file"), r.config.SharedConfigFile)
	name := r.text(path.Root("profile"), r.config.Profile)

	named := best(name, file)
	if named.precedence == unset {
		return profile{}
	}

	p := profile{precedence: fromEnvironmentProfile}
	if named.precedence == fromArgument {
		p.precedence = fromArgumentProfile
	}

	// asking is what names the profile: the file, where its current profile is meant. naming is what names the file: the profile,
	// where the file is the default one.
	asking, naming := name, file
	if name.precedence == unset {
		asking = file
	}

	if file.precedence == unset {
		file.value, naming = defaultConfigFile, name
	}

	expanded, err := r.expand(file.value)
	if err != nil {
		p.problem = profileProblem(naming, fmt.Sprintf("names the KooCLI file %s, but %s.", file.value, err))

		return p
	}

	p.Profile, err = koocli.Read(expanded, name.value)

	switch {
	case errors.Is(err, koocli.ErrKeys):
		p.keysErr = err
	case errors.Is(err, koocli.ErrUnknownProfile):
		p.problem = profileProblem(asking, fmt.Sprintf("names a profile that cannot be used.\n\nCause: %s", err))
	case errors.Is(err, fs.ErrNotExist):
		p.problem = profileProblem(naming, fmt.Sprintf(
			"needs the KooCLI file %s, which does not exist.\n\nRun `hcloud configure`, or set `shared_config_file`.", expanded))
	case err != nil:
		p.problem = profileProblem(naming, fmt.Sprintf("needs a KooCLI file that cannot be read.\n\nCause: %s", err))
	}

	r.hide(p.Keys.AccessKey, p.Keys.SecretKey, p.Keys.SecurityToken)

	return p
}

func profileProblem(cause setting, text string) *problem {
	p := cause.invalid(text)
	p.summary = summaryProfile

	if cause.precedence == fromArgument {
		p.detail = fmt.Sprintf("`%s` is %q. It %s", cause.origin, cause.value, text)
	} else {
		p.detail = fmt.Sprintf("The environment variable %s is %q. It %s", cause.origin, cause.value, text)
	}

	return p
}

// regionSetting returns the region of the profile. What cannot be read may hold one.
func (p profile) regionSetting() setting { return p.setting(path.Root("region"), "region", p.Region) }

// projectSetting returns the project of the profile. Where the environment names the profile, one that cannot be read has
// none.
func (p profile) projectSetting() setting {
	if p.problem != nil && p.precedence == fromEnvironmentProfile {
		return setting{}
	}

	return p.setting(path.Root("project_id"), "projectId", p.ProjectID)
}

// setting is the value of key in the profile, for the argument at.
func (p profile) setting(at path.Path, key, value string) setting {
	if value == "" && p.problem == nil {
		return setting{path: at}
	}

	return setting{value: value, precedence: p.precedence, path: at, origin: fmt.Sprintf("`%s` in %s", key, p.Origin), problem: p.problem}
}
