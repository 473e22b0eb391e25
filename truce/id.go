package truce

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
)

// Digest is a SHA-256, written as 64 lower-case hex digits. The zero Digest
// means not stated and is written as the empty string.
type Digest [sha256.Size]byte

// StatementID is the SHA-256 of a statement's envelope.
type StatementID = Digest

// DigestOf returns the SHA-256 of b.
func DigestOf(b []byte) Digest { return sha256.Sum256(b) }

// IsZero reports whether the digest is not stated.
func (d Digest) IsZero() bool { return d == Digest{} }

// String returns the hex digits, or "" for the zero digest.
func (d Digest) String() string {
	if d.IsZero() {
		return ""
	}
	return hex.EncodeToString(d[:])
}

// Short returns the first 16 hex digits, for display.
func (d Digest) Short() string { return hex.EncodeToString(d[:8]) }

// MarshalText implements encoding.TextMarshaler.
func (d Digest) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText accepts 64 lower-case hex digits or nothing.
func (d *Digest) UnmarshalText(b []byte) error {
	if len(b) == 0 {
		*d = Digest{}
		return nil
	}
	if len(b) != 2*len(d) || strings.ToLower(string(b)) != string(b) {
		return invalid("", "%q is not a SHA-256: write 64 lower-case hex digits", clip(string(b)))
	}
	if _, err := hex.Decode(d[:], b); err != nil {
		return invalid("", "%q is not a SHA-256: write 64 lower-case hex digits", clip(string(b)))
	}
	return nil
}

// The names of things. They are neutral identifiers from the dossier, such as
// "us", "jai" or "gn:170063"; the empty string means not stated.
type (
	OfficeID     string // an office of the centre
	ActorID      string // who acts on the ground, or vouches
	PlaceID      string // a gazetteer's id, a p-code or an ISO 3166-2 code
	InstrumentID string // a text
	TermID       string // one rule in it
	RegimeID     string // the whole of a truce
	SpanID       string // a regime or calm over an area, as claimed
	KeyID        string // the first 16 hex digits of the SHA-256 of a public key
)

// ClaimRef names a claim for ever: the statement that carries it, the byte
// offset of its trigger in the text (in a structured report: the claim's
// position), its event family, and an ordinal among equals. A claim entered by
// a person is its statement's hash alone.
type ClaimRef struct {
	Statement StatementID
	At        uint32 // byte offset, or position
	Family    string // event family; empty where a person entered the claim
	N         uint8  // ordinal among claims with the same three
}

// IsZero reports whether the reference is not stated.
func (r ClaimRef) IsZero() bool { return r == ClaimRef{} }

// String writes HASH, or HASH@AT/FAMILY, or HASH@AT/FAMILY#N.
func (r ClaimRef) String() string {
	if r.IsZero() {
		return ""
	}
	if r.Family == "" {
		return r.Statement.String()
	}
	s := r.Statement.String() + "@" + strconv.FormatUint(uint64(r.At), 10) + "/" + r.Family
	if r.N > 0 {
		s += "#" + strconv.Itoa(int(r.N))
	}
	return s
}

// Display writes the reference as people read it, by the statement's index in
// the record: S1042@132, or S1042 where a person entered the claim.
func (r ClaimRef) Display(index int64) string {
	s := "S" + strconv.FormatInt(index, 10)
	if r.Family == "" {
		return s
	}
	s += "@" + strconv.FormatUint(uint64(r.At), 10)
	if r.N > 0 {
		s += "#" + strconv.Itoa(int(r.N))
	}
	return s
}

// MarshalText implements encoding.TextMarshaler.
func (r ClaimRef) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText reads what String writes, and nothing else.
func (r *ClaimRef) UnmarshalText(b []byte) error {
	got, err := ParseClaimRef(string(b))
	if err != nil {
		return err
	}
	*r = got
	return nil
}

// ParseClaimRef reads what String writes.
func ParseClaimRef(s string) (ClaimRef, error) {
	var r ClaimRef
	if s == "" {
		return r, nil
	}
	hash, rest, more := strings.Cut(s, "@")
	if err := r.Statement.UnmarshalText([]byte(hash)); err != nil {
		return ClaimRef{}, err
	}
	if more {
		at, family, _ := strings.Cut(rest, "/")
		n, err := strconv.ParseUint(at, 10, 32)
		if err != nil {
			return ClaimRef{}, invalid("", "%q is not a claim: write HASH@OFFSET/FAMILY", clip(s))
		}
		family, ord, has := strings.Cut(family, "#")
		r.At, r.Family = uint32(n), family
		if has {
			k, err := strconv.ParseUint(ord, 10, 8)
			if err != nil {
				return ClaimRef{}, invalid("", "%q is not a claim: its ordinal is a number below 256", clip(s))
			}
			r.N = uint8(k)
		}
	}
	if r.String() != s {
		return ClaimRef{}, invalid("", "%q is not a claim: write HASH@OFFSET/FAMILY", clip(s))
	}
	return r, nil
}

// IncidentID names an incident: the ClaimRef of its anchor, its first claim by
// record index and offset. It follows the anchor through every merge and split.
type IncidentID = ClaimRef

// clip shortens foreign text for an error message.
func clip(s string) string {
	const maxShown = 80
	if len(s) > maxShown {
		return fmt.Sprintf("%s... (%d bytes)", strings.ToValidUTF8(s[:maxShown], ""), len(s))
	}
	return s
}
