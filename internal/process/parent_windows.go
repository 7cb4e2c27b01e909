// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package process

import (
	"errors"
	"os"
	"syscall"
)

// errorInvalidParameter is what OpenProcess fails with where no process has the ID.
const errorInvalidParameter syscall.Errno = 87

// waitForParent returns once the parent process has ended. Windows lets any process be waited for. It fails where the
// parent cannot be opened.
func waitForParent() error {
	parent, err := os.FindProcess(os.Getppid())
	if errors.Is(err, errorInvalidParameter) {
		return nil
	}

	if err != nil {
		return err
	}

	_, err = parent.Wait()

	return err
}
