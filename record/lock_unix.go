//go:build unix

package record

import (
	"fmt"
	"os"
	"syscall"
)

// lockFile takes the folder's lock file for this process, or says who is in the way.
func lockFile(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("record: lock file: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("record: %s is held by another process: stop it, or open read-only", path)
	}
	return f, nil
}
