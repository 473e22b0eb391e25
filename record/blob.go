package record

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// A Class says how long a blob lives.
type Class string

// The two classes of blobs.
const (
	Kept    Class = "kept"    // cited by entries, read by the fold, exported, never removed
	Exhibit Class = "exhibit" // never read by the fold; may be removed with DropBlob
)

// blobFile is the place of a blob.
func (l *Log) blobFile(c Class, digest [32]byte) string {
	name := hex.EncodeToString(digest[:])
	return filepath.Join(l.o.Dir, "blobs", string(c), name[:2], name)
}

// PutBlob keeps data under its SHA-256, at most 64 MiB, and returns that when
// it is durable. An entry that cites a blob is added after it.
func (l *Log) PutBlob(ctx context.Context, c Class, data []byte) ([32]byte, error) {
	digest := sha256.Sum256(data)
	if c != Kept && c != Exhibit {
		return digest, fmt.Errorf("record: blob class %q: want %q or %q", c, Kept, Exhibit)
	}
	if len(data) > maxBlob {
		return digest, fmt.Errorf("record: blob of %d bytes: want at most %d", len(data), maxBlob)
	}
	if err := ctx.Err(); err != nil {
		return digest, err
	}
	file := l.blobFile(c, digest)
	if have, err := os.ReadFile(file); err == nil && sha256.Sum256(have) == digest {
		return digest, nil
	}
	return digest, errors.Join(writeFile(file, data), syncDir(filepath.Dir(file)))
}

// Blob returns the blob with this SHA-256: ErrNotFound if it is not here,
// ErrDamaged if the file is not what it was.
func (l *Log) Blob(ctx context.Context, digest [32]byte) ([]byte, error) {
	for _, c := range []Class{Kept, Exhibit} {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		data, err := os.ReadFile(l.blobFile(c, digest))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("record: read blob: %w", err)
		}
		if sha256.Sum256(data) != digest {
			return nil, fmt.Errorf("%w: blob %x", ErrDamaged, digest)
		}
		return data, nil
	}
	return nil, fmt.Errorf("%w: blob %x", ErrNotFound, digest)
}

// DropBlob removes an exhibit; removing what is not there is no error. Kept
// blobs cannot be removed.
func (l *Log) DropBlob(_ context.Context, digest [32]byte) error {
	file := l.blobFile(Exhibit, digest)
	err := os.Remove(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("record: remove exhibit: %w", err)
	}
	return syncDir(filepath.Dir(file))
}
