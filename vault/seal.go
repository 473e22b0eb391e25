package vault

import (
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"filippo.io/age"
)

// The seal's plaintext is K, 32 random bytes, and the padded secret: its
// length in 4 bytes, the secret, zeros up to one of three sizes. So the length
// of what a source said does not show.
const (
	commitKey = 32
	lengthOf  = 4
	// MaxSecret is how many bytes a secret may have.
	MaxSecret = 64<<10 - lengthOf
)

// classes are the sizes of a padded secret, in bytes.
func classes() []int { return []int{4 << 10, 16 << 10, 64 << 10} }

// pad returns the secret at the next size.
func pad(secret []byte) ([]byte, error) {
	if len(secret) == 0 {
		return nil, errors.New("vault: hide: there is nothing to hide")
	}
	for _, size := range classes() {
		if len(secret)+lengthOf <= size {
			p := make([]byte, size)
			binary.BigEndian.PutUint32(p, uint32(len(secret)))
			copy(p[lengthOf:], secret)
			return p, nil
		}
	}
	return nil, fmt.Errorf("vault: hide: %d bytes are over the limit of %d: shorten it, or hide it in parts", len(secret), MaxSecret)
}

// unpad returns the secret, and refuses what pad did not make.
func unpad(p []byte) ([]byte, error) {
	for _, size := range classes() {
		if len(p) != size {
			continue
		}
		n := binary.BigEndian.Uint32(p)
		if n == 0 || int64(n) > int64(size-lengthOf) || len(bytes.TrimRight(p[lengthOf+n:], "\x00")) > 0 {
			break
		}
		return p[lengthOf : lengthOf+n], nil
	}
	return nil, errors.New("vault: what is sealed here is not a padded secret")
}

func commit(key, padded []byte) (c [32]byte) {
	m := hmac.New(sha256.New, key)
	m.Write(padded)
	return [32]byte(m.Sum(c[:0]))
}

// seal makes the age file and the commitment of a secret.
func seal(secret []byte, to Recipients) ([]byte, [32]byte, error) {
	padded, err := pad(secret)
	if err != nil {
		return nil, [32]byte{}, err
	}
	key := make([]byte, commitKey)
	rand.Read(key)
	file, err := encrypt(key, padded, to)
	return file, commit(key, padded), err
}

// Seal seals something that no vault keeps, such as a key that no single person
// may use, to recipients or to holders of parts. Unseal and UnsealParts open it.
func Seal(secret []byte, to Recipients) ([]byte, error) {
	file, _, err := seal(secret, to)
	return file, err
}

func encrypt(key, padded []byte, to Recipients) ([]byte, error) {
	all, err := to.parse()
	if err != nil {
		return nil, err
	}
	var file bytes.Buffer
	w, err := age.Encrypt(&file, all...)
	if err != nil {
		return nil, fmt.Errorf("vault: seal: %w", err)
	}
	if _, err := w.Write(append(bytes.Clone(key), padded...)); err != nil {
		return nil, fmt.Errorf("vault: seal: %w", err)
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("vault: seal: %w", err)
	}
	return file.Bytes(), nil
}

// Opened is what a seal held.
type Opened struct {
	Secret []byte
	// Commitment is computed anew: equal to the record's, it proves that this is
	// what was hidden under the pseudonym, and nothing else.
	Commitment [32]byte

	key, padded []byte
}

// Unseal opens an age file that Reveal returned, with a recipient's identity,
// the line that begins with AGE-SECRET-KEY-PQ-1. It is for the recipient's own
// machine: an identity never belongs where the vault is.
func Unseal(sealed []byte, identity string) (Opened, error) {
	id, err := age.ParseHybridIdentity(identity)
	if err != nil {
		return Opened{}, errors.New("vault: that is no identity: give the line that begins with AGE-SECRET-KEY-PQ-1")
	}
	return open(sealed, id)
}

func open(sealed []byte, id age.Identity) (Opened, error) {
	r, err := age.Decrypt(bytes.NewReader(sealed), id)
	if err != nil {
		return Opened{}, fmt.Errorf("vault: unseal: %w", err)
	}
	plain, err := io.ReadAll(io.LimitReader(r, commitKey+64<<10+1))
	if err != nil {
		return Opened{}, fmt.Errorf("vault: unseal: %w", err)
	}
	if len(plain) < commitKey {
		return Opened{}, errors.New("vault: what is sealed here is not a padded secret")
	}
	o := Opened{key: plain[:commitKey], padded: plain[commitKey:]}
	if o.Secret, err = unpad(o.padded); err != nil {
		return Opened{}, err
	}
	o.Commitment = commit(o.key, o.padded)
	return o, nil
}

// Seal seals what was opened to other recipients, under the same commitment.
func (o Opened) Seal(to Recipients) ([]byte, error) { return encrypt(o.key, o.padded, to) }

// NewIdentity makes a recipient's key pair, post-quantum (X25519 and ML-KEM-768
// together): the identity stays with its owner, the recipient goes to the vault.
func NewIdentity() (identity, recipient string, err error) {
	id, err := age.GenerateHybridIdentity()
	if err != nil {
		return "", "", fmt.Errorf("vault: make an identity: %w", err)
	}
	return id.String(), id.Recipient().String(), nil
}
