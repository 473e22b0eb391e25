//go:build !unix

package vault

import "os"

// lockFile does nothing here: run one process a vault.
func lockFile(*os.File) error { return nil }

func unlockFile(*os.File) error { return nil }
