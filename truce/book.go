package truce

import (
	"bytes"
	"crypto/ed25519"
	"maps"
	"slices"
	"sync"
)

// Said is a statement whose envelope has been read and whose signatures have
// been checked against the keys they name. Whether those keys may say it is
// judged at an index, by Book.Admit.
type Said struct {
	ID        StatementID
	Statement Statement
	Envelope  Envelope
	Keys      []KeyID // that signed, in order
	words     Digest  // of what was signed
}

// heldKey is a key with the indexes between which it is good.
type heldKey struct {
	KeyAct
	since, until int64 // until < 0: still good
}

// good reports whether the key was granted, and is neither replaced, revoked
// nor past its end, at an index received at a time.
func (k *heldKey) good(index int64, at Instant) bool {
	return k != nil && index >= k.since && (k.until < 0 || index < k.until) && (k.End == 0 || at < k.End)
}

// seen is what the Book keeps of every admitted statement.
type seen struct {
	index  int64
	kind   Kind
	office OfficeID
	gone   bool // withdrawn
	told   bool // by a witness
}

// pending is a two-key act that waits for the other co-chairs.
type pending struct {
	by    OfficeID
	body  Body
	given map[OfficeID]bool
}

// erasable is a source or an exhibit, which its own office may erase once.
type erasable struct {
	by     OfficeID // that filed it first
	report StatementID
	erased bool
}

// Book holds who may say what at the edge of the record: keys, offices, roles,
// procedure, open cases. The appending goroutine asks it, in order; the fold
// keeps one of its own and asks again. Verify may be called from any goroutine.
type Book struct {
	mu       sync.RWMutex // guards keys
	keys     map[KeyID]*heldKey
	next     int64 // the index that Admit expects
	origin   string
	regime   RegimeID
	mode     Mode
	offices  map[OfficeID]Office
	order    []OfficeID // in the order of founding
	said     map[StatementID]*seen
	digests  map[Digest]bool // of what was signed: a second spelling is refused
	waiting  map[StatementID]*pending
	erasable map[string]*erasable        // by Erasure.names
	asked    map[KeyID]map[OfficeID]bool // who has asked that another office's key be revoked
	method   Method
	proc     Procedure
	policy   Policy
	founding *Founding
	docket   *Docket
	rules    *Regime
	filed    map[OfficeID]filedDay
}

// filedDay is how many intake statements an office filed on a counting day.
type filedDay struct {
	day string
	n   int64
}

// NewBook returns a Book at the beginning of a record.
func NewBook() *Book {
	return &Book{
		keys: map[KeyID]*heldKey{}, offices: map[OfficeID]Office{}, said: map[StatementID]*seen{},
		digests: map[Digest]bool{}, waiting: map[StatementID]*pending{}, erasable: map[string]*erasable{}, asked: map[KeyID]map[OfficeID]bool{}, docket: NewDocket(), rules: NewRegime(), filed: map[OfficeID]filedDay{},
	}
}

// Verify reads an envelope and checks each signature with the key it names. It
// refuses unknown keys, but not yet keys that are no longer good.
func (b *Book) Verify(envelope []byte) (*Said, error) {
	e, err := ParseEnvelope(envelope)
	if err != nil {
		return nil, err
	}
	s, err := DecodeBody(e.Payload)
	if err != nil {
		return nil, err
	}
	said := &Said{ID: DigestOf(envelope), Statement: s, Envelope: e, words: DigestOf(e.Payload)}
	founding, first := s.Body.(*Founding)
	if first != (len(e.Signatures) != 1) && !first {
		return nil, invalid("signatures", "a %s carries one signature, not %d", s.Body.Kind(), len(e.Signatures))
	}
	pae := PAE(e.Payload)
	for _, sig := range e.Signatures {
		var key KeyAct
		if first {
			key = founding.keyNamed(sig.KeyID)
		} else {
			key = b.keyNamed(sig.KeyID)
		}
		if err := key.verify(pae, sig); err != nil {
			return nil, err
		}
		said.Keys = append(said.Keys, sig.KeyID)
	}
	return said, nil
}

func (f *Founding) keyNamed(id KeyID) KeyAct {
	for _, k := range f.Keys {
		if KeyIDOf(k.Public) == id {
			return k
		}
	}
	return KeyAct{}
}

func (b *Book) keyNamed(id KeyID) KeyAct {
	b.mu.RLock()
	defer b.mu.RUnlock()
	if k := b.keys[id]; k != nil {
		return k.KeyAct
	}
	return KeyAct{}
}

// verify checks one signature over the PAE.
func (k KeyAct) verify(pae []byte, sig Signature) error {
	switch {
	case len(k.Public) == 0:
		return forbidden("signatures", "key %s is not known here: an office grants it by a key statement", clip(string(sig.KeyID)))
	case k.Class == PasskeyKey:
		return k.verifyPasskey(pae, sig.Sig)
	case len(sig.Sig) != ed25519.SignatureSize || !ed25519.Verify(k.Public, pae, sig.Sig):
		return forbidden("signatures", "the signature by key %s does not verify: the words or the key are not what was signed", sig.KeyID)
	}
	return nil
}

// Admit judges a verified statement at the index it would get, received at the
// given time, and takes it in. A refusal leaves the Book as it was.
func (b *Book) Admit(index int64, at Instant, s *Said) error {
	if index != b.next {
		return &Error{Unavailable, "", "the Book is not at this index: replay it"}
	}
	if err := b.judge(index, at, s); err != nil {
		return err
	}
	b.take(index, at, s)
	return nil
}

// Skip moves the Book past a refused entry of a record that is replayed.
func (b *Book) Skip() { b.next++ }

func (b *Book) judge(index int64, at Instant, s *Said) error {
	st := s.Statement
	f, first := st.Body.(*Founding)
	if (index == 0) != first {
		return forbidden("kind", "entry 0 is the founding, and no other entry is")
	}
	if first {
		return b.judgeFounding(f, s)
	}
	if st.Origin != b.origin {
		return forbidden("origin", "this centre is %s, the statement was made for %s: nothing is carried over between centres, an exercise or a demo", b.origin, clip(st.Origin))
	}
	if st.Regime != b.regime {
		return forbidden("regime", "this record is about %s, not %s", b.regime, clip(string(st.Regime)))
	}
	if b.said[s.ID] != nil || b.digests[s.words] {
		return conflict("", "this was said already, with these words and this time: say it again only with a new made_at")
	}
	office, ok := b.offices[st.Office]
	if !ok {
		return forbidden("office", "%s is no office of this centre", clip(string(st.Office)))
	}
	info, _ := InfoOf(st.Body.Kind())
	if info.Version == 0 && b.mode != Demo {
		return forbidden("v", "%s has no screen yet and is for a demo origin only", info.Kind)
	}
	if err := b.judgeKey(index, at, s, info); err != nil {
		return err
	}
	if len(info.Who) > 0 && !slices.Contains(info.Who, office.Role) {
		return forbidden("kind", "an office of role %s may not say %s: that is for %v", office.Role, info.Kind, info.Who)
	}
	if info.Group == GroupIntake {
		if n := b.Filed(st.Office, at); b.proc.QuotaPerDay > 0 && n >= b.proc.QuotaPerDay {
			return forbidden("kind", "%s has filed %d intake statements today, and the quota, the same for every office, is %d: nothing of this one was kept; file it tomorrow, or file fewer reports with more claims each", st.Office, n, b.proc.QuotaPerDay)
		}
	}
	return b.judgeBody(at, s)
}

// Filed returns how many intake statements an office has filed on the counting
// day of an instant.
func (b *Book) Filed(office OfficeID, at Instant) int64 {
	f := b.filed[office]
	if f.day != b.proc.Zone.DayOf(at) {
		return 0
	}
	return f.n
}

func (b *Book) judgeFounding(f *Founding, s *Said) error {
	if len(b.said) > 0 {
		return forbidden("kind", "a record is founded once")
	}
	roots := map[OfficeID]bool{}
	for _, id := range s.Keys {
		if k := f.keyNamed(id); k.Class == RootKey {
			roots[k.Office] = true
		}
	}
	for _, o := range f.Offices {
		if (o.Role == CoChair || o.Role == Centre) && !roots[o.ID] {
			return forbidden("signatures", "the founding lacks the signature of %s's root key", o.ID)
		}
	}
	return nil
}

// judgeKey asks whether the key was good at this index and time, is the office's own
// and of a class that may say this kind.
func (b *Book) judgeKey(index int64, at Instant, s *Said, info KindInfo) error {
	k := b.keys[s.Keys[0]]
	switch {
	case k.good(index, at):
	case k != nil && k.End != 0 && at >= k.End:
		return forbidden("signatures", "key %s was good until %s, and this came at %s: %s grants a new one", s.Keys[0], k.End, at, k.Office)
	default:
		return forbidden("signatures", "key %s is not good at index %d: it was revoked, rotated or not yet granted", s.Keys[0], index)
	}
	if k.Office != s.Statement.Office {
		return forbidden("office", "key %s belongs to %s and cannot speak for %s", s.Keys[0], k.Office, s.Statement.Office)
	}
	switch k.Class {
	case OfficeKey, PasskeyKey:
		return nil
	case RootKey:
		if info.Kind == "key" || info.TwoKey || info.Kind == "concurrence" {
			return nil
		}
		return forbidden("signatures", "a root key grants keys and founds, and says nothing else")
	case DeskKey:
		if info.Binding {
			return forbidden("signatures", "%s binds %s and needs its office key: sign it off the server", info.Kind, k.Office)
		}
		return nil
	case FieldKey:
		if info.Group == GroupIntake {
			return nil
		}
	case WitnessKey, MirrorKey:
	}
	return forbidden("signatures", "a %s key may not say %s", k.Class, info.Kind)
}

// judgeBody asks what only the record so far can answer.
func (b *Book) judgeBody(at Instant, s *Said) error {
	st := s.Statement
	switch body := st.Body.(type) {
	case *StatementWithdrawal:
		return b.own(body.Statement, st.Office)
	case *KeyAct:
		return b.judgeKeyAct(at, body, s)
	case *Concurrence:
		if p := b.waiting[body.With]; p != nil {
			if p.by == st.Office || p.given[st.Office] {
				return conflict("with", "%s has said this already", st.Office)
			}
			return nil
		}
	case *Erasure:
		return b.judgeErasure(body, st.Office)
	case *Translation:
		return b.known("of", body.Of)
	case *Release:
		return b.judgeRelease(body)
	case *ClaimEntry:
		return b.knownClaim("replaces", body.Replaces)
	case *Same:
		return b.knownClaims(body.Claims)
	case *Different:
		return b.knownClaims(body.Claims)
	case *Case:
		if err := b.knownClaim("incident", body.Incident); err != nil {
			return err
		}
	}
	if err := b.judgeLocal(st.Body); err != nil {
		return err
	}
	if err := b.rules.judge(st.Office, st.Body); err != nil {
		return err
	}
	return b.docket.judge(b, at, s)
}

// judgeRelease keeps what a witness told from being released: what is published
// of it is a count of many, or an office's own words.
func (b *Book) judgeRelease(r *Release) error {
	if err := b.known("of", r.Of); err != nil {
		return err
	}
	if b.said[r.Of].told && r.Marking != Amber {
		return forbidden("of", "a witness told this, and it stays amber: say what may be known in a statement of your own office")
	}
	return nil
}

// Told reports whether a statement of the record holds what a witness told:
// their report, a claim that was entered from it, an assessment that carries one, or
// a translation of any.
func (b *Book) Told(id StatementID) bool { return b.said[id] != nil && b.said[id].told }

func (b *Book) isTold(body Body) bool {
	switch x := body.(type) {
	case *Report:
		return x.Witness()
	case *ClaimEntry:
		return b.Told(x.Report) || b.Told(x.Replaces.Statement)
	case *Translation:
		return b.Told(x.Of)
	case *Assessment: // it carries the claims that the officer saw
		return slices.ContainsFunc(x.Seen, func(c SeenClaim) bool { return b.Told(c.Ref.Statement) })
	}
	return false
}

// judgeErasure lets an office erase what it filed, and nobody else's: who could
// erase another's source could silence it.
func (b *Book) judgeErasure(e *Erasure, by OfficeID) error {
	field := "pseudonym"
	if !e.Exhibit.IsZero() {
		field = "exhibit"
	}
	x := b.erasable[e.names()]
	switch {
	case x == nil:
		return unknown(field, "nothing in this record has this name")
	case x.by != by:
		return forbidden(field, "it was filed by %s: only its own office erases it", x.by)
	case x.erased:
		return conflict(field, "it was erased already")
	}
	return nil
}

// SourceOf returns the office that first filed a report of this pseudonym, and
// the report.
func (b *Book) SourceOf(pseudonym string) (office OfficeID, report StatementID, ok bool) {
	x := b.erasable[(&Erasure{Pseudonym: pseudonym}).names()]
	if x == nil {
		return "", StatementID{}, false
	}
	return x.by, x.report, true
}

// takeErasable remembers what may be erased, and what was.
func (b *Book) takeErasable(id StatementID, by OfficeID, body Body) {
	note := func(e Erasure) {
		if b.erasable[e.names()] == nil {
			b.erasable[e.names()] = &erasable{by: by, report: id}
		}
	}
	switch x := body.(type) {
	case *Report:
		if x.Pseudonym != "" {
			note(Erasure{Pseudonym: x.Pseudonym})
		}
	case *Exhibit:
		note(Erasure{Exhibit: x.Digest})
	case *Erasure:
		b.erasable[x.names()].erased = true
	}
}

// names is the key of what an erasure is about, so that no pseudonym is taken
// for an exhibit.
func (e *Erasure) names() string {
	if e.Exhibit.IsZero() {
		return "source " + e.Pseudonym
	}
	return "exhibit " + e.Exhibit.String()
}

func (b *Book) knownClaims(refs []ClaimRef) error {
	for _, r := range refs {
		if err := b.knownClaim("claims", r); err != nil {
			return err
		}
	}
	return nil
}

func (b *Book) knownClaim(field string, r ClaimRef) error {
	if r.IsZero() {
		return nil
	}
	return b.known(field, r.Statement)
}

func (b *Book) known(field string, id StatementID) error {
	if b.said[id] == nil {
		return unknown(field, "statement %s is not in this record", id.Short())
	}
	return nil
}

func (b *Book) own(id StatementID, office OfficeID) error {
	old := b.said[id]
	switch {
	case old == nil:
		return unknown("statement", "statement %s is not in this record", id.Short())
	case old.office != office:
		return forbidden("statement", "it was said by %s: only its own office takes a statement back", old.office)
	case old.gone:
		return conflict("statement", "it was withdrawn already")
	case old.kind == "founding" || old.kind == "concurrence" || old.kind == "statement-withdrawal" || old.kind == "key":
		return forbidden("statement", "a %s is not taken back", old.kind)
	}
	if info, _ := InfoOf(old.kind); info.Group == GroupDocket {
		return forbidden("statement", "what stands on the docket is not taken back: take the next step, or reopen the case")
	}
	return nil
}

// judgeEmergency asks whether an office may ask that a key of another's be
// revoked: the co-chairs and the centre may, in an emergency, each with its root
// key and once. It is revoked when enough have (RootsNeeded).
func (b *Book) judgeEmergency(k *KeyAct, of OfficeID, s *Said) error {
	by := s.Statement.Office
	switch {
	case !holdsRoot(b.offices[by].Role):
		return forbidden("key", "the key is %s's: its own office revokes it, or in an emergency the roots of the co-chairs and the centre", of)
	case !k.Emergency:
		return forbidden("emergency", "the key is %s's: others revoke it in an emergency alone, and say that it is one", of)
	case b.keys[s.Keys[0]].Class != RootKey:
		return forbidden("signatures", "the key is %s's: what others say of it is signed with their root key", of)
	case b.asked[k.Key][by]:
		return conflict("key", "%s has asked for this already: %d of %d roots have", by, len(b.asked[k.Key]), RootsNeeded(b.Offices(), &b.proc))
	}
	return nil
}

func holdsRoot(r Role) bool { return r == CoChair || r == Centre }

// RootsNeeded is how many root keys of the co-chairs and the centre revoke a key
// of another office: what the procedure says, else more than half, and never one.
func RootsNeeded(offices []Office, p *Procedure) int {
	n := 0
	for _, o := range offices {
		if holdsRoot(o.Role) {
			n++
		}
	}
	k := int(p.RootsK)
	if k == 0 {
		k = n/2 + 1
	}
	return min(max(k, 2), n)
}

func (b *Book) judgeKeyAct(at Instant, k *KeyAct, s *Said) error {
	by := s.Statement.Office
	if k.Act == Revoke {
		old := b.keys[k.Key]
		if !old.good(b.next, at) {
			return unknown("key", "no good key has this name")
		}
		if old.Office == by {
			return nil
		}
		return b.judgeEmergency(k, old.Office, s)
	}
	if k.Office != by {
		return forbidden("office", "an office grants keys to itself only")
	}
	if old := b.keys[KeyIDOf(k.Public)]; old != nil {
		return conflict("public", "this key was granted before: make a new one")
	}
	if k.End != 0 && at >= k.End {
		return invalid("until", "%s has passed: a key ends after it was granted", k.End)
	}
	if k.Act == Rotate {
		if old := b.keys[k.Replaces]; !old.good(b.next, at) || old.Office != by {
			return unknown("replaces", "no good key of %s has this name", by)
		}
	}
	return nil
}

// judgeLocal refuses a local time that its zone does not know.
func (b *Book) judgeLocal(body Body) error {
	var when []When
	switch x := body.(type) {
	case *TruceSpan:
		when = []When{x.When, x.EndFrom}
	case *Reading:
		when = []When{x.When, x.Validity}
	case *Observation:
		when = []When{x.When}
	case *Restriction:
		when = []When{x.When}
	case *Report:
		for _, c := range x.Claims {
			when = append(when, c.When)
		}
	}
	for _, w := range when {
		if w.Local == "" {
			continue
		}
		z, ok := b.proc.ZoneNamed(w.Zone)
		if !ok {
			return unknown("when.zone", "zone %q is not in the procedure: use %s, or give the time in UTC", clip(w.Zone), b.proc.Zone.Name)
		}
		i, err := z.Instant(w.Local)
		if err != nil {
			return within("when", err)
		}
		if i != w.From {
			return invalid("when.local", "%s in %s is %s, not %s", w.Local, z.Name, i, w.From)
		}
	}
	return nil
}

// take folds an admitted statement in.
func (b *Book) take(index int64, at Instant, s *Said) {
	st := s.Statement
	b.next++
	b.said[s.ID] = &seen{index, st.Body.Kind(), st.Office, false, b.isTold(st.Body)}
	b.digests[s.words] = true
	switch body := st.Body.(type) {
	case *Founding:
		b.found(body, st)
	case *KeyAct:
		if b.enough(body, st.Office) {
			b.setKey(index, body)
		}
	case *StatementWithdrawal:
		b.said[body.Statement].gone = true
		delete(b.waiting, body.Statement)
	case *Office, *Policy, *Method, *Procedure:
		b.waiting[s.ID] = &pending{st.Office, body, map[OfficeID]bool{}}
		b.settle(s.ID)
	case *Concurrence:
		if p := b.waiting[body.With]; p != nil {
			p.given[st.Office] = true
			b.settle(body.With)
		}
	}
	if info, _ := InfoOf(st.Body.Kind()); info.Group == GroupIntake {
		b.filed[st.Office] = filedDay{b.proc.Zone.DayOf(at), b.Filed(st.Office, at) + 1}
	}
	b.takeErasable(s.ID, st.Office, st.Body)
	b.rules.Take(index, at, s.ID, st.Office, st)
	b.docket.take(b, index, at, s)
}

func (b *Book) found(f *Founding, st Statement) {
	b.origin, b.regime, b.mode, b.founding = st.Origin, st.Regime, f.Mode, f
	for _, o := range f.Offices {
		b.offices[o.ID] = o
		b.order = append(b.order, o.ID)
	}
	for i := range f.Keys {
		b.setKey(0, &f.Keys[i])
	}
	b.method, b.proc, b.policy = f.Method, f.Procedure, f.Policy
}

// enough notes who asks for what, and reports whether a key act is in force: an
// office's own at once, the revocation of another's key with the last root needed.
func (b *Book) enough(k *KeyAct, by OfficeID) bool {
	if k.Act != Revoke || b.keys[k.Key].Office == by {
		return true
	}
	if b.asked[k.Key] == nil {
		b.asked[k.Key] = map[OfficeID]bool{}
	}
	b.asked[k.Key][by] = true
	return len(b.asked[k.Key]) >= RootsNeeded(b.Offices(), &b.proc)
}

func (b *Book) setKey(index int64, k *KeyAct) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if k.Act == Revoke {
		b.keys[k.Key].until = index + 1
		return
	}
	if k.Act == Rotate {
		b.keys[k.Replaces].until = index + 1
	}
	since := index + 1
	if index == 0 {
		since = 0
	}
	b.keys[KeyIDOf(k.Public)] = &heldKey{*k, since, -1}
}

// settle puts a two-key act in force once every other co-chair has concurred.
func (b *Book) settle(id StatementID) {
	p := b.waiting[id]
	for _, o := range b.CoChairs() {
		if o != p.by && !p.given[o] {
			return
		}
	}
	delete(b.waiting, id)
	switch x := p.body.(type) {
	case *Office:
		if _, old := b.offices[x.ID]; !old {
			b.order = append(b.order, x.ID)
		}
		b.offices[x.ID] = *x
		b.rules.seat(*x)
	case *Policy:
		b.policy = *x
	case *Method:
		b.method = *x
	case *Procedure:
		b.proc = *x
	}
}

// Clone returns a copy that can be asked what-if and thrown away.
func (b *Book) Clone() *Book {
	b.mu.RLock()
	defer b.mu.RUnlock()
	c := &Book{
		next: b.next, origin: b.origin, regime: b.regime, mode: b.mode, order: slices.Clone(b.order),
		offices: maps.Clone(b.offices), digests: maps.Clone(b.digests), method: b.method, proc: b.proc,
		policy: b.policy, founding: b.founding, docket: b.docket.clone(), rules: b.rules.Clone(),
		keys: map[KeyID]*heldKey{}, said: map[StatementID]*seen{}, waiting: map[StatementID]*pending{}, erasable: map[string]*erasable{}, asked: map[KeyID]map[OfficeID]bool{}, filed: maps.Clone(b.filed),
	}
	for id, who := range b.asked {
		c.asked[id] = maps.Clone(who)
	}
	for name, e := range b.erasable {
		copied := *e
		c.erasable[name] = &copied
	}
	for id, k := range b.keys {
		copied := *k
		c.keys[id] = &copied
	}
	for id, s := range b.said {
		copied := *s
		c.said[id] = &copied
	}
	for id, p := range b.waiting {
		c.waiting[id] = &pending{p.by, p.body, maps.Clone(p.given)}
	}
	return c
}

// Next returns the index that Admit expects.
func (b *Book) Next() int64 { return b.next }

// Origin returns the name of the centre's log, "" before the founding.
func (b *Book) Origin() string { return b.origin }

// Regime returns the regime that the record is about.
func (b *Book) Regime() RegimeID { return b.regime }

// Mode returns whether the origin is real, an exercise or a demo.
func (b *Book) Mode() Mode { return b.mode }

// Founding returns entry 0's body, nil before it.
func (b *Book) Founding() *Founding { return b.founding }

// Procedure returns the procedure in force.
func (b *Book) Procedure() Procedure { return b.proc }

// Method returns the method in force.
func (b *Book) Method() Method { return b.method }

// Policy returns the cosigning policy in force.
func (b *Book) Policy() Policy { return b.policy }

// Rules returns the regime as the record has told it up to the Book's edge; it
// is the Book's own and may not be changed.
func (b *Book) Rules() *Regime { return b.rules }

// Office returns an office by its id.
func (b *Book) Office(id OfficeID) (Office, bool) { o, ok := b.offices[id]; return o, ok }

// Offices returns all offices in the order of their founding.
func (b *Book) Offices() []Office {
	all := make([]Office, 0, len(b.order))
	for _, id := range b.order {
		all = append(all, b.offices[id])
	}
	return all
}

// CoChairs returns the co-chairs' offices in the order of their founding:
// joint means all of these.
func (b *Book) CoChairs() []OfficeID {
	var all []OfficeID
	for _, id := range b.order {
		if b.offices[id].Role == CoChair {
			all = append(all, id)
		}
	}
	return all
}

// IndexOf returns where a statement stands in the record.
func (b *Book) IndexOf(id StatementID) (int64, bool) {
	if s := b.said[id]; s != nil {
		return s.index, true
	}
	return 0, false
}

// Gone reports whether a statement was withdrawn.
func (b *Book) Gone(id StatementID) bool { s := b.said[id]; return s != nil && s.gone }

// InForce reports whether a two-key act waits for nobody any more.
func (b *Book) InForce(id StatementID) bool { return b.said[id] != nil && b.waiting[id] == nil }

// KeyRing returns all keys ever granted, in order of their names, with the
// indexes between which each was good (until -1: still).
func (b *Book) KeyRing() []GrantedKey {
	b.mu.RLock()
	defer b.mu.RUnlock()
	all := make([]GrantedKey, 0, len(b.keys))
	for id, k := range b.keys {
		all = append(all, GrantedKey{k.KeyAct, id, k.since, k.until})
	}
	slices.SortFunc(all, func(x, y GrantedKey) int { return bytes.Compare([]byte(x.ID), []byte(y.ID)) })
	return all
}

// GrantedKey is a key with its name and the indexes between which it is good.
type GrantedKey struct {
	KeyAct
	ID           KeyID
	Since, Until int64
}

// Reset takes the Book back to the beginning of its record, to be folded anew.
// Whoever holds the Book keeps holding it.
func (b *Book) Reset() {
	n := NewBook()
	b.mu.Lock()
	defer b.mu.Unlock()
	b.keys, b.next, b.origin, b.regime, b.mode = n.keys, 0, "", "", ""
	b.offices, b.order, b.said, b.digests, b.waiting = n.offices, nil, n.said, n.digests, n.waiting
	b.method, b.proc, b.policy, b.founding, b.docket = n.method, n.proc, n.policy, nil, n.docket
	b.rules, b.erasable, b.asked, b.filed = n.rules, n.erasable, n.asked, n.filed
}
