package vault

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// rewrite puts data in the place of a small file, whole or not at all, and
// overwrites the old one's bytes before their blocks are given back. A crash
// leaves the old or the new file under the name, and perhaps a .old beside it,
// which shredOld finishes.
func rewrite(path string, data []byte) error {
	if err := shredOld(path); err != nil {
		return err
	}
	fresh := path + ".new"
	if err := writeSynced(fresh, data); err != nil {
		return err
	}
	if err := os.Link(path, path+".old"); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("vault: keep hold of the old file: %w", err)
	}
	if err := os.Rename(fresh, path); err != nil {
		return fmt.Errorf("vault: put the new file in place: %w", err)
	}
	if err := syncDir(filepath.Dir(path)); err != nil {
		return err
	}
	return shredOld(path)
}

// shredOld overwrites and removes what rewrite left behind.
func shredOld(path string) error {
	old, err := os.Stat(path + ".old")
	if err == nil {
		// After a crash between link and rename both names are one file: then
		// only the name goes.
		if now, err := os.Stat(path); err == nil && os.SameFile(old, now) {
			if err := os.Remove(path + ".old"); err != nil {
				return fmt.Errorf("vault: remove the old name: %w", err)
			}
		} else if err := shred(path + ".old"); err != nil {
			return err
		}
	}
	if _, err := os.Stat(path + ".new"); err == nil {
		return shred(path + ".new") // never put in place
	}
	return nil
}

// shred overwrites a file with zeros, syncs, and removes it.
func shred(path string) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return fmt.Errorf("vault: shred: %w", err)
	}
	info, err := f.Stat()
	if err == nil {
		_, err = f.Write(make([]byte, info.Size()))
	}
	if err == nil {
		err = f.Sync()
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("vault: shred: %w", err)
	}
	if err := os.Remove(path); err != nil {
		return fmt.Errorf("vault: shred: %w", err)
	}
	return syncDir(filepath.Dir(path))
}

func writeSynced(path string, data []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("vault: %w", err)
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("vault: write: %w", err)
	}
	return nil
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("vault: sync folder: %w", err)
	}
	if err := errors.Join(d.Sync(), d.Close()); err != nil {
		return fmt.Errorf("vault: sync folder: %w", err)
	}
	return nil
}
