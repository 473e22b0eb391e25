package record

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/transparency-dev/formats/log"
	fnote "github.com/transparency-dev/formats/note"
	"golang.org/x/mod/sumdb/note"
)

// Signature algorithms of C2SP signed-note.
const (
	algEd25519  = 1
	algCosignV1 = 4
)

// First lines of our own notes. No log may have one of them as its origin.
const (
	receiptHeader = "marchday.org/receipt/v1"
	bundleHeader  = "marchday.org/bundle/v1"
)

// validName reports whether a name can stand in a note: no spaces, no plus, no
// control characters.
func validName(name string) bool {
	return name != "" && len(name) <= 255 && utf8.ValidString(name) && !strings.Contains(name, "+") &&
		strings.IndexFunc(name, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }) < 0
}

// A noteSigner signs notes with an Ed25519 crypto.Signer, which may sit in an
// agent or in hardware. It is a note.Signer.
type noteSigner struct {
	name string
	pub  ed25519.PublicKey
	key  crypto.Signer
}

// newNoteSigner refuses names and keys that a note cannot carry.
func newNoteSigner(name string, key crypto.Signer) (*noteSigner, error) {
	pub, ok := key.Public().(ed25519.PublicKey)
	if !ok || len(pub) != ed25519.PublicKeySize {
		return nil, fmt.Errorf("record: the key of %s is no Ed25519 key", name)
	}
	if !validName(name) {
		return nil, fmt.Errorf("record: key name %q: want no spaces, plus or control characters", name)
	}
	return &noteSigner{name: name, pub: pub, key: key}, nil
}

// keyHash is the key id of C2SP signed-note.
func keyHash(name string, alg byte, pub []byte) uint32 {
	sum := sha256.Sum256(append(append([]byte(name+"\n"), alg), pub...))
	return binary.BigEndian.Uint32(sum[:])
}

// vkey is the verifier key of the signer as text.
func (s *noteSigner) vkey() string { return vkeyOf(s.name, algEd25519, s.pub) }

// vkeyOf writes a verifier key as text.
func vkeyOf(name string, alg byte, pub []byte) string {
	return fmt.Sprintf("%s+%08x+%s", name, keyHash(name, alg, pub), base64.StdEncoding.EncodeToString(append([]byte{alg}, pub...)))
}

// Name implements note.Signer.
func (s *noteSigner) Name() string { return s.name }

// KeyHash implements note.Signer.
func (s *noteSigner) KeyHash() uint32 { return keyHash(s.name, algEd25519, s.pub) }

// Sign implements note.Signer.
func (s *noteSigner) Sign(msg []byte) ([]byte, error) {
	sig, err := s.key.Sign(rand.Reader, msg, crypto.Hash(0))
	if err != nil {
		return nil, fmt.Errorf("sign as %s: %w", s.name, err)
	}
	if !ed25519.Verify(s.pub, msg, sig) {
		return nil, fmt.Errorf("sign as %s: the key gave a signature that does not verify", s.name)
	}
	return sig, nil
}

// CosignerKey is the verifier key of a witness or mirror, as a policy's witness
// line has it.
func CosignerKey(name string, pub ed25519.PublicKey) string { return vkeyOf(name, algCosignV1, pub) }

// A cosigner is a note.Signer of C2SP cosignature/v1 at a given time: formats
// has one too, but it reads the machine's clock and the private key.
type cosigner struct {
	*noteSigner
	at time.Time
}

// KeyHash implements note.Signer.
func (c cosigner) KeyHash() uint32 { return keyHash(c.name, algCosignV1, c.pub) }

// Sign implements note.Signer: 8 bytes of POSIX seconds, then the signature
// over a header with that time and the whole note text.
func (c cosigner) Sign(msg []byte) ([]byte, error) {
	at := uint64(c.at.Unix())
	sig, err := c.noteSigner.Sign(fmt.Appendf(nil, "cosignature/v1\ntime %d\n%s", at, msg))
	if err != nil {
		return nil, err
	}
	return append(binary.BigEndian.AppendUint64(nil, at), sig...), nil
}

// openNote opens a note in its one spelling: what note.Open would overlook (a
// repeated line, unused base64 bits) is refused. The caller limits its length. strict also refuses lines by
// unknown keys, so that every byte is covered by a signature that was checked.
func openNote(msg []byte, strict bool, known ...note.Verifier) (*note.Note, error) {
	n, err := note.Open(msg, note.VerifierList(known...))
	if err != nil {
		return nil, err
	}
	if strict && len(n.UnverifiedSigs) > 0 {
		return nil, fmt.Errorf("signature line by the unknown key %s+%08x", n.UnverifiedSigs[0].Name, n.UnverifiedSigs[0].Hash)
	}
	var sigs int
	for _, list := range [][]note.Signature{n.Sigs, n.UnverifiedSigs} {
		for _, s := range list {
			sigs += len("— "+s.Name+" "+s.Base64) + 1
			if _, err := base64.StdEncoding.Strict().DecodeString(s.Base64); err != nil || strings.ContainsAny(s.Base64, "\r\n") {
				return nil, fmt.Errorf("signature line of %s is not in canonical base64", s.Name)
			}
		}
	}
	if len(n.Text)+1+sigs != len(msg) {
		return nil, errors.New("note has a repeated signature line")
	}
	return n, nil
}

// parseCheckpoint reads the text of a note as a C2SP checkpoint of three
// lines, in its one spelling.
func parseCheckpoint(text string) (log.Checkpoint, error) {
	var c log.Checkpoint
	if _, err := c.Unmarshal([]byte(text)); err != nil {
		return c, err
	}
	if !bytes.Equal(c.Marshal(), []byte(text)) {
		return c, errors.New("checkpoint is not in canonical form: origin, size, root, one line each and no more")
	}
	if len(c.Hash) != sha256.Size || c.Size > maxTree {
		return c, fmt.Errorf("checkpoint of size %d with a root of %d bytes", c.Size, len(c.Hash))
	}
	return c, nil
}

// maxTree keeps node indexes within int64.
const maxTree = 1 << 60

// verifierV1 is the cosignature verifier of a key written as text; its id must
// be the right one for its algorithm.
func verifierV1(vkey string) (note.Verifier, []byte, error) {
	name, rest, _ := strings.Cut(vkey, "+")
	id, key64, _ := strings.Cut(rest, "+")
	key, err := base64.StdEncoding.Strict().DecodeString(key64)
	if err != nil || len(key) < 2 || !validName(name) {
		return nil, nil, fmt.Errorf("malformed verifier key %q", vkey)
	}
	if fmt.Sprintf("%08x", keyHash(name, key[0], key[1:])) != id {
		return nil, nil, fmt.Errorf("verifier key %q: its id is not that of its name and key", vkey)
	}
	v, err := fnote.NewVerifierForCosignatureV1(vkey)
	if err != nil {
		return nil, nil, fmt.Errorf("verifier key %q: %w", vkey, err)
	}
	return v, key, nil
}
