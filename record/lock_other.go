//go:build !unix

package record

import (
	"fmt"
	"os"
)

// lockFile opens the lock file without a lock: here the fence in log_state
// alone keeps a second writer out.
func lockFile(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("record: lock file: %w", err)
	}
	return f, nil
}
