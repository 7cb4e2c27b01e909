// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

// Package process controls what the provider's process writes to standard error, how much memory it takes, and when it ends.
package process

import (
	"io"
	"log"
	"math"
	"os"
	"regexp"
	"runtime/debug"
)

// protocolDataDir is the environment variable that makes terraform-plugin-go write the protocol's messages to files, the
// provider's configuration among them.
const protocolDataDir = "TF_LOG_SDK_PROTO_DATA_DIR"

// DiscardLogs keeps secrets out of standard error, which Terraform logs, and out of files. The standard logger is discarded:
// net/http writes unsolicited responses to it, and HTTP/2 its frames. To be called before the provider is served.
func DiscardLogs() {
	log.SetOutput(io.Discard)

	_ = os.Unsetenv(protocolDataDir) // It fails for malformed names only.
}

// RedactLogs makes the standard logger write to standard error without the data of peers.
func RedactLogs() { log.SetOutput(redactor{os.Stderr}) }

// redactor hides quoted text. Go's network packages quote all that a peer has sent or is sent. Such data cannot be searched for
// secrets: it may be cut anywhere, and holds the configuration before the provider knows it.
type redactor struct{ out io.Writer }

// quoted is text in the form of %q, or the rest of a text in that form that was cut.
var quoted = regexp.MustCompile("(?s)\"(?:[^\"\\\\]|\\\\.)*(?:\"|\\\\?$)|`[^`]*(?:`|$)")

func (r redactor) Write(message []byte) (int, error) {
	if _, err := r.out.Write(quoted.ReplaceAll(message, []byte(`"***"`))); err != nil {
		return 0, err
	}

	return len(message), nil
}

// memoryLimit is the memory, in bytes, from which on garbage is collected as often as is needed to stay below it. One
// response of 32 MiB, the largest that is read, needs less than that with its state, if its garbage is not left to grow to the
// size of what is in use, as by default.
const memoryLimit = 240 << 20

// LimitMemory sets the soft limit of Go's memory unless GOMEMLIMIT does. A process that needs more takes more.
func LimitMemory() {
	if debug.SetMemoryLimit(-1) == math.MaxInt64 {
		debug.SetMemoryLimit(memoryLimit)
	}
}

// ExitWithParent ends the process after its parent has ended, within five seconds. Terraform ends its providers itself unless
// it is killed.
func ExitWithParent() {
	go func() {
		if waitForParent() == nil {
			os.Exit(1)
		}
	}()
}
