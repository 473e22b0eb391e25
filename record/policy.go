package record

import (
	"crypto/ed25519"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

const maxPolicyNames = 256 // logs, witnesses and groups of one policy together

// A Policy says whose signatures make a head: the log's key, the witnesses,
// and which of them together are the quorum. It is a value; make it with
// ParsePolicy. A third party may verify with a policy of its own.
type Policy struct {
	text   string
	logs   []note.Verifier
	wits   []witness
	groups []group
	quorum string // "none", or the name of a witness or group
}

// A witness of a policy.
type witness struct {
	name, url string
	v         note.Verifier // of its cosignatures
	plain     note.Verifier // of notes that the same key signs; nil if it is no Ed25519 key
}

// A group of a policy is met when k of its members are.
type group struct {
	name    string
	k       int
	members []string
}

// ParsePolicy reads a policy in the text form of C2SP tlog-policy:
//
//	log <vkey> [url]
//	witness NAME <vkey> [url]
//	group NAME any|all|<k> MEMBER...
//	quorum NAME|none
//
// Empty lines and lines that begin with # are skipped. A member stands after
// its own line and in at most one group; there is exactly one quorum; no key
// stands twice, even under two names. Errors name the line.
func ParsePolicy(text string) (Policy, error) {
	p := Policy{text: text}
	if len(text) > maxNote {
		return p, fmt.Errorf("policy of %d bytes: want at most %d", len(text), maxNote)
	}
	r := policyReader{p: &p, used: map[string]bool{}, keys: map[string]bool{}}
	n := 0
	for line := range strings.Lines(text) {
		n++
		f := strings.Fields(line)
		if len(f) == 0 || strings.HasPrefix(f[0], "#") {
			continue
		}
		if err := r.line(f); err != nil {
			return Policy{}, fmt.Errorf("policy line %d: %w", n, err)
		}
	}
	if p.quorum == "" {
		return Policy{}, errors.New(`policy: no quorum line: write "quorum NAME" or "quorum none"`)
	}
	if len(p.logs) == 0 {
		return Policy{}, errors.New(`policy: no log line: write "log <verifier key>"`)
	}
	return p, nil
}

// String is the text the policy was read from.
func (p Policy) String() string { return p.text }

// Group returns the members of a group and how many of them it asks for; 0 and
// none if there is no such group.
func (p Policy) Group(name string) (k int, members []string) {
	for _, g := range p.groups {
		if g.name == name {
			return g.k, slices.Clone(g.members)
		}
	}
	return 0, nil
}

// Witnesses lists the policy's witnesses, mirrors among them, by name and
// address.
func (p Policy) Witnesses() []Peer {
	out := make([]Peer, len(p.wits))
	for i, w := range p.wits {
		out[i] = Peer{Name: w.name, URL: w.url}
	}
	return out
}

// Open reads a checkpoint of origin that a log of the policy has signed.
func (p Policy) Open(checkpoint []byte, origin string) (Head, error) {
	h, err := p.open(checkpoint, origin, false)
	if err != nil {
		return Head{}, fmt.Errorf("record: %w", err)
	}
	return h, nil
}

// policyReader is a policy half read.
type policyReader struct {
	p    *Policy
	used map[string]bool // names that are members already
	keys map[string]bool // public keys seen
}

func (r *policyReader) line(f []string) error {
	if len(r.p.logs)+len(r.p.wits)+len(r.p.groups) >= maxPolicyNames {
		return fmt.Errorf("more than %d logs, witnesses and groups", maxPolicyNames)
	}
	switch {
	case f[0] == "log" && (len(f) == 2 || len(f) == 3):
		return r.log(f[1])
	case f[0] == "witness" && (len(f) == 3 || len(f) == 4):
		return r.witness(f[1], f[2], strings.Join(f[3:], ""))
	case f[0] == "group" && len(f) >= 4:
		return r.group(f[1], f[2], f[3:])
	case f[0] == "quorum" && len(f) == 2:
		if r.p.quorum != "" {
			return errors.New("a second quorum line")
		}
		if f[1] != "none" && !r.known(f[1]) {
			return fmt.Errorf("quorum %q is no witness or group of the lines above", f[1])
		}
		r.p.quorum = f[1]
		return nil
	}
	return fmt.Errorf(`%q: want "log VKEY [URL]", "witness NAME VKEY [URL]", "group NAME any|all|K MEMBER..." or "quorum NAME"`, f[0])
}

func (r *policyReader) log(vkey string) error {
	v, err := note.NewVerifier(vkey)
	if err != nil {
		return fmt.Errorf("log key %q: %w", vkey, err)
	}
	_, key, err := verifierV1(vkey)
	if err != nil {
		return err
	}
	if err := r.once(key); err != nil {
		return err
	}
	r.p.logs = append(r.p.logs, v)
	return nil
}

func (r *policyReader) witness(name, vkey, url string) error {
	if err := r.fresh(name); err != nil {
		return err
	}
	v, key, err := verifierV1(vkey)
	if err != nil {
		return err
	}
	if err := r.once(key); err != nil {
		return err
	}
	w := witness{name: name, url: url, v: v}
	if len(key) == 1+ed25519.PublicKeySize {
		if w.plain, err = note.NewVerifier(vkeyOf(v.Name(), algEd25519, key[1:])); err != nil {
			return err
		}
	}
	r.p.wits = append(r.p.wits, w)
	return nil
}

func (r *policyReader) group(name, k string, members []string) error {
	if err := r.fresh(name); err != nil {
		return err
	}
	g := group{name: name, members: members}
	switch k {
	case "any":
		g.k = 1
	case "all":
		g.k = len(members)
	default:
		n, err := strconv.Atoi(k)
		if err != nil || n < 1 || n > len(members) || strconv.Itoa(n) != k {
			return fmt.Errorf("group %s: threshold %q: want any, all or a number from 1 to %d", name, k, len(members))
		}
		g.k = n
	}
	for _, m := range members {
		if !r.known(m) {
			return fmt.Errorf("group %s: %q is no witness or group of the lines above", name, m)
		}
		if r.used[m] {
			return fmt.Errorf("group %s: %q is a member already", name, m)
		}
		r.used[m] = true
	}
	r.p.groups = append(r.p.groups, g)
	return nil
}

// fresh refuses a name that is taken or a word of the language.
func (r *policyReader) fresh(name string) error {
	if slices.Contains([]string{"log", "witness", "group", "quorum", "any", "all", "none"}, name) || !validName(name) {
		return fmt.Errorf("%q cannot be a name", name)
	}
	if r.known(name) {
		return fmt.Errorf("%q has a line already", name)
	}
	return nil
}

func (r *policyReader) known(name string) bool {
	return slices.ContainsFunc(r.p.wits, func(w witness) bool { return w.name == name }) ||
		slices.ContainsFunc(r.p.groups, func(g group) bool { return g.name == name })
}

// once refuses a public key that another line has.
func (r *policyReader) once(key []byte) error {
	k := string(key[1:])
	if r.keys[k] {
		return errors.New("this key has a line already")
	}
	r.keys[k] = true
	return nil
}

// verifiers are all keys whose lines on a checkpoint count.
func (p Policy) verifiers() []note.Verifier {
	vs := slices.Clone(p.logs)
	for _, w := range p.wits {
		vs = append(vs, w.v)
	}
	return vs
}

// judge says which witnesses are among the signatures, and which direct
// members of the quorum are not met.
func (p Policy) judge(sigs []note.Signature) (signers, missing []string) {
	for _, w := range p.wits {
		if slices.ContainsFunc(sigs, func(s note.Signature) bool { return s.Name == w.v.Name() && s.Hash == w.v.KeyHash() }) {
			signers = append(signers, w.name)
		}
	}
	if p.quorum == "none" || p.met(p.quorum, signers) {
		return signers, nil
	}
	i := slices.IndexFunc(p.groups, func(g group) bool { return g.name == p.quorum })
	if i < 0 {
		return signers, []string{p.quorum}
	}
	for _, m := range p.groups[i].members {
		if !p.met(m, signers) {
			missing = append(missing, m)
		}
	}
	return signers, missing
}

// met reports whether a witness has signed, or enough members of a group.
func (p Policy) met(name string, signers []string) bool {
	i := slices.IndexFunc(p.groups, func(g group) bool { return g.name == name })
	if i < 0 {
		return slices.Contains(signers, name)
	}
	n := 0
	for _, m := range p.groups[i].members {
		if p.met(m, signers) {
			n++
		}
	}
	return n >= p.groups[i].k
}

// open opens a checkpoint note of origin: it must carry the log's own
// signature. strict refuses lines by keys that the policy does not know.
func (p Policy) open(msg []byte, origin string, strict bool) (Head, error) {
	if len(msg) > maxNote {
		return Head{}, fmt.Errorf("checkpoint of %d bytes: want at most %d", len(msg), maxNote)
	}
	n, err := openNote(msg, strict, p.verifiers()...)
	if err != nil {
		return Head{}, fmt.Errorf("checkpoint: %w", err)
	}
	c, err := parseCheckpoint(n.Text)
	if err != nil {
		return Head{}, err
	}
	byLog := slices.ContainsFunc(p.logs, func(v note.Verifier) bool {
		return v.Name() == c.Origin && slices.ContainsFunc(n.Sigs, func(s note.Signature) bool { return s.Name == v.Name() && s.Hash == v.KeyHash() })
	})
	switch {
	case origin != "" && c.Origin != origin:
		return Head{}, fmt.Errorf("checkpoint of %q, not of %q", c.Origin, origin)
	case !byLog:
		return Head{}, fmt.Errorf("checkpoint of %q is not signed by the log's own key", c.Origin)
	}
	h := Head{Origin: c.Origin, Size: int64(c.Size), Root: [32]byte(c.Hash), Note: msg}
	h.Signers, h.Missing = p.judge(n.Sigs)
	return h, nil
}
