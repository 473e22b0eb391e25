package vault

import (
	"bufio"
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"
)

// A ring is the file keys: one random key a row, and the salt of the receipt
// codes. It is small, so that it can be written anew whenever a key must go:
// without its key a row of the database is noise, in every copy of it.
//
// The keys protect what was deleted, not what is kept: they lie beside the
// rows. What is kept is protected by the seal.
type ring struct {
	salt   []byte
	rows   map[string][]byte // pseudonym -> key
	former map[string][]byte // keys of rows that are being sealed anew
}

const (
	ringHead = "marchday vault keys v1"
	rowKey   = 32
	saltSize = 32
)

// readRing reads the file keys, or makes the first one.
func (v *Vault) readRing() (*ring, error) {
	r := &ring{rows: map[string][]byte{}, former: map[string][]byte{}}
	data, err := os.ReadFile(v.path(fileKeys))
	if errors.Is(err, fs.ErrNotExist) {
		r.salt = make([]byte, saltSize)
		rand.Read(r.salt)
		return r, nil
	}
	if err != nil {
		return nil, fmt.Errorf("vault: read keys: %w", err)
	}
	return r, r.parse(data)
}

func (r *ring) parse(data []byte) error {
	bad := func(n int) error {
		return fmt.Errorf("vault: keys:%d: not what was written: restore the folder from its backup", n)
	}
	sc := bufio.NewScanner(bytes.NewReader(data))
	for n := 1; sc.Scan(); n++ {
		f := strings.Split(sc.Text(), " ")
		if n == 1 {
			if sc.Text() != ringHead {
				return bad(n)
			}
			continue
		}
		key, err := hex.DecodeString(f[len(f)-1])
		if err != nil || len(key) != rowKey {
			return bad(n)
		}
		switch {
		case n == 2 && len(f) == 2 && f[0] == "salt":
			r.salt = key
		case len(f) == 3 && f[0] == "row":
			r.rows[f[1]] = key
		case len(f) == 3 && f[0] == "former":
			r.former[f[1]] = key
		default:
			return bad(n)
		}
	}
	if r.salt == nil || sc.Err() != nil {
		return bad(2)
	}
	return nil
}

// writeRing rewrites the file keys, in the order of the pseudonyms.
func (v *Vault) writeRing(r *ring) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s\nsalt %x\n", ringHead, r.salt)
	for _, name := range slices.Sorted(maps.Keys(r.rows)) {
		fmt.Fprintf(&b, "row %s %x\n", name, r.rows[name])
	}
	for _, name := range slices.Sorted(maps.Keys(r.former)) {
		fmt.Fprintf(&b, "former %s %x\n", name, r.former[name])
	}
	return rewrite(v.path(fileKeys), b.Bytes())
}

// wrap encrypts a row under a new key and puts that on the ring.
func (r *ring) wrap(name string, row []byte) ([]byte, error) {
	key := make([]byte, rowKey)
	rand.Read(key)
	box, err := boxOf(key)
	if err != nil {
		return nil, err
	}
	r.rows[name] = key
	// One key, one message: the nonce may be fixed.
	return box.Seal(nil, make([]byte, box.NonceSize()), row, []byte(name)), nil
}

// unwrap decrypts a row with its key, or with the former one.
func (r *ring) unwrap(name string, wrapped []byte) ([]byte, error) {
	for _, key := range [][]byte{r.rows[name], r.former[name]} {
		if key == nil {
			continue
		}
		box, err := boxOf(key)
		if err != nil {
			return nil, err
		}
		if row, err := box.Open(nil, make([]byte, box.NonceSize()), wrapped, []byte(name)); err == nil {
			return row, nil
		}
	}
	return nil, fmt.Errorf("vault: entry %s does not fit its key: restore the folder from its backup", name)
}

// drop takes an entry's keys off the ring.
func (r *ring) drop(name string) bool {
	n := len(r.rows) + len(r.former)
	delete(r.rows, name)
	delete(r.former, name)
	return len(r.rows)+len(r.former) < n
}

func boxOf(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("vault: row key: %w", err)
	}
	return cipher.NewGCM(block)
}
