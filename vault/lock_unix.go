//go:build unix

package vault

import (
	"os"
	"syscall"
)

// lockFile waits until the folder is this process's alone.
func lockFile(f *os.File) error { return syscall.Flock(int(f.Fd()), syscall.LOCK_EX) }

func unlockFile(f *os.File) error { return syscall.Flock(int(f.Fd()), syscall.LOCK_UN) }
