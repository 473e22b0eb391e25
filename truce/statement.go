package truce

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"strconv"
	"unicode/utf8"
)

// PayloadType is the DSSE type of every statement.
const PayloadType = "application/vnd.marchday.statement+json"

// The limits of a statement, in bytes.
const (
	MaxBody     = 48_000 // of the JSON body, before base64
	MaxEnvelope = 65_527 // with the receipt time's 8 bytes an entry has 65,535
)

// Statement is one thing said to the centre by an office. Origin and Regime
// are signed with it, so that nothing said in an exercise can be replayed into
// the real record. MadeAt is the author's own word; no clock uses it.
type Statement struct {
	Origin string
	Regime RegimeID
	V      int // version of the kind
	Office OfficeID
	Desk   string // who of the office, or the account
	MadeAt Instant
	Body   Body
}

// Body is the part of a statement that its kind gives it.
type Body interface {
	Kind() Kind
	// Validate refuses what can be seen to be wrong without the record.
	Validate() error
}

// wireOf is a statement as it stands in JSON, in this order.
type wireOf[B any] struct {
	Origin string   `json:"origin"`
	Regime RegimeID `json:"regime"`
	Kind   Kind     `json:"kind"`
	V      int      `json:"v"`
	Office OfficeID `json:"office"`
	Desk   string   `json:"desk,omitempty"`
	MadeAt Instant  `json:"made_at"`
	Body   B        `json:"body"`
}

// wire is one whose body is not read yet.
type wire = wireOf[json.RawMessage]

// Encode writes the JSON body that is signed, after validating it. It refuses
// a body over MaxBody bytes.
func Encode(s Statement) ([]byte, error) {
	if err := s.Validate(); err != nil {
		return nil, err
	}
	body, err := marshal(s.Body)
	if err != nil {
		return nil, err
	}
	out, err := marshal(wire{s.Origin, s.Regime, s.Body.Kind(), s.V, s.Office, s.Desk, s.MadeAt, body})
	if err != nil {
		return nil, err
	}
	if len(out) > MaxBody {
		return nil, tooLong(len(out))
	}
	return out, nil
}

func tooLong(n int) error {
	return invalid("body", "the statement has %d bytes, the limit is %d: send long text in parts, and files as blobs cited by their digest", n, MaxBody)
}

// marshal writes JSON without escaping < > &, so that words stay as they are.
func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, invalid("body", "cannot be written as JSON: %v", err)
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// Validate refuses a statement whose head or body is incomplete.
func (s Statement) Validate() error {
	switch {
	case s.Origin == "":
		return invalid("origin", "a statement names the centre it is said to")
	case s.Regime == "":
		return invalid("regime", "a statement names the regime it is about")
	case s.Office == "":
		return invalid("office", "a statement names the office that says it")
	case s.MadeAt == 0:
		return invalid("made_at", "a statement carries its author's time")
	case s.Body == nil:
		return invalid("body", "a statement has a body")
	}
	if v, ok := versionOf(s.Body.Kind()); !ok || v != s.V {
		return invalid("v", "%s has version %d here, not %d: a newer release may know it", s.Body.Kind(), v, s.V)
	}
	return within("body", s.Body.Validate())
}

// NewStatement heads a body with the version that this release writes.
func NewStatement(origin string, regime RegimeID, office OfficeID, desk string, madeAt Instant, b Body) Statement {
	v, _ := versionOf(b.Kind())
	return Statement{origin, regime, v, office, desk, madeAt, b}
}

// DecodeBody reads the JSON of a statement strictly. A kind or version that
// this release does not know is an Unavailable error, which stops a fold.
func DecodeBody(b []byte) (Statement, error) {
	if len(b) > MaxBody {
		return Statement{}, tooLong(len(b))
	}
	if utf8.Valid(b) {
		if s, ok := quickly(b); ok {
			return s, s.Validate()
		}
	}
	return decodeStrictly(b)
}

// decodeStrictly reads what is not written as Encode writes it, and says what is
// wrong with what is refused.
func decodeStrictly(b []byte) (Statement, error) {
	var w wire
	if err := strictJSON(b, &w); err != nil {
		return Statement{}, err
	}
	v, ok := versionOf(w.Kind)
	if !ok || v != w.V {
		return Statement{}, &Error{Unavailable, "kind", "this release does not know " + clip(string(w.Kind)) + " version " + strconv.Itoa(w.V) + ": a newer release is needed to read on"}
	}
	body := newBody(w.Kind)
	dec := json.NewDecoder(bytes.NewReader(w.Body))
	dec.DisallowUnknownFields()
	if err := dec.Decode(body); err != nil {
		return Statement{}, within("body", typed(err))
	}
	s := Statement{w.Origin, w.Regime, w.V, w.Office, w.Desk, w.MadeAt, body}
	return s, s.Validate()
}

// Signature is one signature in an envelope. KeyID is a hint, never a decision.
type Signature struct {
	KeyID KeyID
	Sig   []byte
}

// Envelope is a signed statement: DSSE with the body's exact bytes. All kinds
// but the founding carry one signature.
type Envelope struct {
	Payload    []byte
	Signatures []Signature
}

// PAE returns the bytes that are signed: DSSE's pre-authentication encoding.
func PAE(payload []byte) []byte {
	b := make([]byte, 0, len(payload)+64)
	b = append(b, "DSSEv1 "...)
	b = strconv.AppendInt(b, int64(len(PayloadType)), 10)
	b = append(b, ' ')
	b = append(b, PayloadType...)
	b = append(b, ' ')
	b = strconv.AppendInt(b, int64(len(payload)), 10)
	b = append(b, ' ')
	return append(b, payload...)
}

const (
	envHead = `{"payloadType":"` + PayloadType + `","payload":"`
	envSigs = `","signatures":[`
	envTail = `]}`
)

// Bytes writes the envelope in its one spelling.
func (e Envelope) Bytes() []byte {
	var b bytes.Buffer
	b.WriteString(envHead)
	b.WriteString(base64.StdEncoding.EncodeToString(e.Payload))
	b.WriteString(envSigs)
	for i, s := range e.Signatures {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(`{"keyid":"` + string(s.KeyID) + `","sig":"` + base64.StdEncoding.EncodeToString(s.Sig) + `"}`)
	}
	b.WriteString(envTail)
	return b.Bytes()
}

const maxSignatures = 64

// ParseEnvelope reads an envelope and refuses every spelling but the one that
// Bytes writes, so that one statement has one ID.
func ParseEnvelope(b []byte) (Envelope, error) {
	if len(b) > MaxEnvelope {
		return Envelope{}, invalid("", "the envelope has %d bytes, the limit is %d", len(b), MaxEnvelope)
	}
	rest, isHead := bytes.CutPrefix(b, []byte(envHead))
	payload, rest, isSigs := bytes.Cut(rest, []byte(envSigs))
	rest, isTail := bytes.CutSuffix(rest, []byte(envTail))
	if !isHead || !isSigs || !isTail {
		return Envelope{}, misspelt()
	}
	raw, once, err := unbase64(payload)
	if err != nil {
		return Envelope{}, invalid("payload", "not base64")
	}
	e := Envelope{Payload: raw}
	for more := true; more; {
		var id, sig []byte
		rest, isHead = bytes.CutPrefix(rest, []byte(`{"keyid":"`))
		id, rest, isSigs = bytes.Cut(rest, []byte(`","sig":"`))
		sig, rest, isTail = bytes.Cut(rest, []byte(`"}`))
		raw, onceToo, err := unbase64(sig)
		if once = once && onceToo && isHead && isSigs && isTail; !once || err != nil || len(e.Signatures) == maxSignatures || bytes.ContainsAny(id, `"\{}`) {
			return Envelope{}, misspelt()
		}
		e.Signatures = append(e.Signatures, Signature{KeyID(id), raw})
		rest, more = bytes.CutPrefix(rest, []byte(","))
	}
	if len(rest) > 0 {
		return Envelope{}, misspelt()
	}
	return e, nil
}

func misspelt() error {
	return invalid("", "not an envelope in its one spelling: decode it, and write it again without spaces, in the order payloadType, payload, signatures")
}

// unbase64 reads base64, and reports whether it is in its one spelling: lines
// are not broken.
func unbase64(b []byte) (raw []byte, once bool, err error) {
	raw = make([]byte, base64.StdEncoding.DecodedLen(len(b)))
	n, err := base64.StdEncoding.Strict().Decode(raw, b)
	return raw[:n], !bytes.ContainsAny(b, "\r\n"), err
}

// KeyIDOf returns the name of a public key.
func KeyIDOf(public []byte) KeyID {
	d := DigestOf(public)
	return KeyID(hex.EncodeToString(d[:8]))
}

// Signer signs a statement's PAE: a crypto.Signer over an Ed25519 key, from a
// file or an agent.
type Signer interface {
	Public() crypto.PublicKey
	// SignPAE returns the raw Ed25519 signature over the given bytes.
	SignPAE(pae []byte) ([]byte, error)
}

// Key is an Ed25519 private key held in memory.
type Key ed25519.PrivateKey

// Public returns the ed25519.PublicKey.
func (k Key) Public() crypto.PublicKey { return ed25519.PrivateKey(k).Public() }

// SignPAE implements Signer.
func (k Key) SignPAE(pae []byte) ([]byte, error) {
	return ed25519.Sign(ed25519.PrivateKey(k), pae), nil
}

// Seal encodes and signs a statement with each signer, in order.
func Seal(s Statement, signers ...Signer) (Envelope, error) {
	payload, err := Encode(s)
	if err != nil {
		return Envelope{}, err
	}
	e := Envelope{Payload: payload}
	pae := PAE(payload)
	for _, k := range signers {
		pub, ok := k.Public().(ed25519.PublicKey)
		if !ok {
			return Envelope{}, invalid("", "the key is not Ed25519")
		}
		sig, err := k.SignPAE(pae)
		if err != nil {
			return Envelope{}, err
		}
		e.Signatures = append(e.Signatures, Signature{KeyIDOf(pub), sig})
	}
	return e, nil
}
