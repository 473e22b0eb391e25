package vault

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"filippo.io/age"
)

// A threshold is a recipient of several people: the file key of the seal is
// split (Shamir 1979, over GF(256), byte by byte), and each holder gets one
// part, sealed to them. It is split anew for each seal, so opening one never
// opens another, and there is no master key that somebody could have kept.
type threshold struct {
	need    int
	holders []*age.HybridRecipient
}

// The stanza of one part: "-> marchday.part NEED X ENC", then the part sealed
// to its holder as age's own mlkem768x25519 stanza has it.
const (
	stanzaPart   = "marchday.part"
	stanzaHybrid = "mlkem768x25519"
	fileKeySize  = 16
)

// Wrap implements age.Recipient.
func (t *threshold) Wrap(fileKey []byte) ([]*age.Stanza, error) {
	s, _, err := t.WrapWithLabels(fileKey)
	return s, err
}

// WrapWithLabels implements age.RecipientWithLabels: a threshold is as
// post-quantum as its holders, and may stand beside such recipients only.
func (t *threshold) WrapWithLabels(fileKey []byte) ([]*age.Stanza, []string, error) {
	parts := split(fileKey, t.need, len(t.holders))
	var all []*age.Stanza
	var labels []string
	for i, h := range t.holders {
		s, l, err := h.WrapWithLabels(parts[i])
		if err != nil {
			return nil, nil, err
		}
		args := append([]string{strconv.Itoa(t.need), strconv.Itoa(i + 1)}, s[0].Args...)
		all, labels = append(all, &age.Stanza{Type: stanzaPart, Args: args, Body: s[0].Body}), l
	}
	return all, labels, nil
}

// split returns n parts of a secret of which any need give it back and fewer
// say nothing: part x-1 is, for each byte, a polynomial of degree need-1 with
// that byte at 0 and random coefficients, at x.
func split(secret []byte, need, n int) [][]byte {
	parts := make([][]byte, n)
	for i := range parts {
		parts[i] = make([]byte, len(secret))
	}
	poly := make([]byte, need)
	for at, b := range secret {
		rand.Read(poly)
		poly[0] = b
		for i := range parts {
			var y byte
			for _, c := range slices.Backward(poly) {
				y = mul(y, byte(i+1)) ^ c
			}
			parts[i][at] = y
		}
	}
	return parts
}

// join returns the polynomials at 0 (Lagrange), of parts at distinct x.
func join(xs []byte, parts [][]byte) []byte {
	out := make([]byte, len(parts[0]))
	for i, x := range xs {
		weight := byte(1)
		for j, other := range xs {
			if j != i {
				weight = mul(weight, mul(other, inverse(other^x)))
			}
		}
		for at, y := range parts[i] {
			out[at] ^= mul(weight, y)
		}
	}
	return out
}

// mul multiplies in GF(256) modulo x^8+x^4+x^3+x+1, in the same time for all
// values.
func mul(a, b byte) byte {
	var p byte
	for range 8 {
		p ^= a & -(b & 1)
		a = a<<1 ^ 0x1b&-(a>>7)
		b >>= 1
	}
	return p
}

// inverse is a^254; of 0 it is 0.
func inverse(a byte) byte {
	p := byte(1)
	for range 254 {
		p = mul(p, a)
	}
	return p
}

// Part is one holder's part of one seal, as text that is carried to where the
// parts come together. One alone says nothing; treat it like the secret.
type Part struct {
	file [8]byte // of the seal it belongs to
	need int
	x    byte
	y    [fileKeySize]byte
}

// String writes the part: "marchday-part FILE NEED X Y".
func (p Part) String() string {
	return fmt.Sprintf("marchday-part %x %d %d %x", p.file, p.need, p.x, p.y)
}

// ParsePart reads what String writes.
func ParsePart(s string) (Part, error) {
	var p Part
	bad := errors.New("vault: that is no part: write the whole line that begins with marchday-part")
	f := strings.Fields(s)
	if len(f) != 5 || f[0] != "marchday-part" {
		return p, bad
	}
	file, err1 := hex.DecodeString(f[1])
	need, err2 := strconv.Atoi(f[2])
	x, err3 := strconv.Atoi(f[3])
	y, err4 := hex.DecodeString(f[4])
	if errors.Join(err1, err2, err3, err4) != nil || len(file) != len(p.file) || len(y) != len(p.y) || need < 2 || need > maxRecipients || x < 1 || x > maxRecipients {
		return p, bad
	}
	return Part{[8]byte(file), need, byte(x), [fileKeySize]byte(y)}, nil
}

// PartOf takes a holder's own part out of a seal, with the holder's identity.
func PartOf(sealed []byte, identity string) (Part, error) {
	id, err := age.ParseHybridIdentity(identity)
	if err != nil {
		return Part{}, errors.New("vault: that is no identity: give the line that begins with AGE-SECRET-KEY-PQ-1")
	}
	h := &holder{id: id, part: Part{file: fileOf(sealed)}}
	if _, err := age.Decrypt(bytes.NewReader(sealed), h); h.part.x == 0 {
		return Part{}, fmt.Errorf("vault: there is no part for this identity in the seal: %w", err)
	}
	return h.part, nil
}

func fileOf(sealed []byte) [8]byte {
	sum := sha256.Sum256(sealed)
	return [8]byte(sum[:8])
}

// A holder looks through the stanzas for its own part. It never yields a file
// key, for it has none.
type holder struct {
	id   *age.HybridIdentity
	part Part
}

// Unwrap implements age.Identity.
func (h *holder) Unwrap(stanzas []*age.Stanza) ([]byte, error) {
	for _, s := range stanzas {
		if s.Type != stanzaPart || len(s.Args) != 3 {
			continue
		}
		need, err1 := strconv.Atoi(s.Args[0])
		x, err2 := strconv.Atoi(s.Args[1])
		if errors.Join(err1, err2) != nil || need < 2 || need > maxRecipients || x < 1 || x > maxRecipients {
			return nil, errors.New("a part in the seal is damaged")
		}
		y, err := h.id.Unwrap([]*age.Stanza{{Type: stanzaHybrid, Args: s.Args[2:], Body: s.Body}})
		if errors.Is(err, age.ErrIncorrectIdentity) {
			continue
		}
		if err != nil {
			return nil, err
		}
		h.part.need, h.part.x, h.part.y = need, byte(x), [fileKeySize]byte(y)
		break
	}
	return nil, age.ErrIncorrectIdentity
}

// UnsealParts opens a seal with parts of it, as many as it needs.
func UnsealParts(sealed []byte, parts []Part) (Opened, error) {
	if len(parts) == 0 || len(parts) < parts[0].need {
		return Opened{}, errors.New("vault: that are too few parts for this seal: get another holder's")
	}
	var j joined
	for _, p := range parts {
		if p.file != fileOf(sealed) || p.need != parts[0].need || slices.Contains(j.xs, p.x) {
			return Opened{}, errors.New("vault: a part is of another seal, or stands twice")
		}
		j.xs, j.ys = append(j.xs, p.x), append(j.ys, p.y[:])
	}
	return open(sealed, j)
}

// joined is the identity that parts make together.
type joined struct {
	xs []byte
	ys [][]byte
}

// Unwrap implements age.Identity.
func (j joined) Unwrap([]*age.Stanza) ([]byte, error) { return join(j.xs, j.ys), nil }

// looksSealed refuses bytes that are no age file for these recipients: one
// with another number of stanzas, of another sort, or of a size that pad does
// not make.
func looksSealed(sealed []byte, to Recipients) error {
	count := &counter{}
	_, err := age.Decrypt(bytes.NewReader(sealed), count)
	var none *age.NoIdentityMatchError
	if !errors.As(err, &none) {
		return errors.New("vault: that is no age file: seal it with marchday vault reseal")
	}
	if count.hybrid != len(to.Each) || count.parts != len(to.Parts) || count.other > 0 {
		return errors.New("vault: the file is not sealed to these recipients, or to classical keys: seal it with marchday vault reseal")
	}
	model, err := encrypt(make([]byte, commitKey), make([]byte, classes()[0]), to)
	if err != nil {
		return err
	}
	for _, size := range classes() {
		grown := payload(commitKey+size) - payload(commitKey+classes()[0])
		if len(sealed) == len(model)+grown {
			return nil
		}
	}
	return errors.New("vault: the file is not padded to one of the three sizes: seal it with marchday vault reseal")
}

// payload is the size of age's payload for n bytes: chunks of 64 KiB, each with
// a tag.
func payload(n int) int {
	const chunk, tag = 64 << 10, 16
	return n + (n+chunk-1)/chunk*tag
}

// A counter is an identity that opens nothing and counts stanzas.
type counter struct{ hybrid, parts, other int }

// Unwrap implements age.Identity.
func (c *counter) Unwrap(stanzas []*age.Stanza) ([]byte, error) {
	for _, s := range stanzas {
		switch s.Type {
		case stanzaHybrid:
			c.hybrid++
		case stanzaPart:
			c.parts++
		default:
			c.other++
		}
	}
	return nil, age.ErrIncorrectIdentity
}
