package truce

import (
	"crypto/ed25519"
	"crypto/x509"
	"strconv"
	"strings"
)

// Mode says how much a centre's origin is meant.
type Mode string

// The modes of an origin. Demo and exercise are marked on every page and export.
const (
	Real     Mode = "real"
	Exercise Mode = "exercise"
	Demo     Mode = "demo"
)

// Founding is entry 0: who the centre is. It is the only statement with
// several signatures, the centre's and each co-chair's root's.
type Founding struct {
	Mode      Mode      `json:"mode"`
	Name      []Text    `json:"name"`
	Regime    []Text    `json:"regime"` // the regime's name
	Offices   []Office  `json:"offices"`
	Keys      []KeyAct  `json:"keys"`
	Policy    Policy    `json:"policy"`
	Procedure Procedure `json:"procedure"`
	Method    Method    `json:"method"`
	Dossier   Digest    `json:"dossier,omitzero"` // of the data the regime starts from
}

// Kind implements Body.
func (*Founding) Kind() Kind { return "founding" }

// Validate implements Body.
func (f *Founding) Validate() error {
	if f.Mode != Real && f.Mode != Exercise && f.Mode != Demo {
		return invalid("mode", "%q: write real, exercise or demo", clip(string(f.Mode)))
	}
	chairs, centres := 0, 0
	seen := map[OfficeID]bool{}
	for i, o := range f.Offices {
		if err := o.Validate(); err != nil {
			return within("offices."+strconv.Itoa(i), err)
		}
		if seen[o.ID] {
			return invalid("offices."+strconv.Itoa(i), "office %s stands twice", o.ID)
		}
		seen[o.ID] = true
		switch o.Role {
		case CoChair:
			chairs++
		case Centre:
			centres++
		case Mediator, Liaison, Monitor, Humanitarian:
		}
	}
	if chairs < 1 || centres != 1 {
		return invalid("offices", "a centre has at least one co-chair and exactly one office of role centre, not %d and %d", chairs, centres)
	}
	for i, k := range f.Keys {
		if err := k.Validate(); err != nil {
			return within("keys."+strconv.Itoa(i), err)
		}
		if !seen[k.Office] || k.Act != Grant {
			return invalid("keys."+strconv.Itoa(i), "the founding grants keys to its own offices")
		}
	}
	if err := f.Procedure.Validate(); err != nil {
		return within("procedure", err)
	}
	return within("method", f.Method.Validate())
}

// Office is one of the centre's offices.
type Office struct {
	ID      OfficeID `json:"id"`
	Name    []Text   `json:"name"`
	Role    Role     `json:"role"`
	Party   ActorID  `json:"party,omitempty"`   // whom a liaison or a guarantor's office stands for
	Through OfficeID `json:"through,omitempty"` // the guarantor's office that a liaison is reached through
}

// Kind implements Body.
func (*Office) Kind() Kind { return "office" }

// Validate implements Body.
func (o *Office) Validate() error {
	if o.ID == "" || strings.ToLower(string(o.ID)) != string(o.ID) || strings.ContainsAny(string(o.ID), " +,") {
		return invalid("id", "%q: an office's id is a short lower-case word", clip(string(o.ID)))
	}
	switch o.Role {
	case CoChair, Mediator, Centre, Liaison, Monitor, Humanitarian:
		return named(o.Name)
	}
	return invalid("role", "%q is no role of an office", clip(string(o.Role)))
}

func named(name []Text) error {
	if len(name) == 0 {
		return invalid("name", "a name in at least one language is needed")
	}
	for i, n := range name {
		if n.Lang == "" || n.Text == "" {
			return invalid("name."+strconv.Itoa(i), "a name has lang and text")
		}
	}
	return nil
}

// NameIn returns the name in lang, else in the first language given, else id.
func NameIn(name []Text, lang, id string) string {
	for _, n := range name {
		if n.Lang == lang {
			return n.Text
		}
	}
	if len(name) > 0 {
		return name[0].Text
	}
	return id
}

// What a key statement does.
const (
	Grant  = "grant"
	Rotate = "rotate"
	Revoke = "revoke"
)

// KeyClass says what a key may sign.
type KeyClass string

// The classes of keys.
const (
	RootKey    KeyClass = "root"    // founds, and grants, rotates, revokes keys
	OfficeKey  KeyClass = "office"  // binds the office; held off the server
	DeskKey    KeyClass = "desk"    // intake and clerical kinds; may be on the server
	FieldKey   KeyClass = "field"   // a device that files reports
	PasskeyKey KeyClass = "passkey" // a person's, by WebAuthn; binds like an office key
	WitnessKey KeyClass = "witness"
	MirrorKey  KeyClass = "mirror"
)

// KeyAct grants, rotates or revokes a key; validity is judged at log index. A
// deputy's key has an end too, which is judged by the time of receipt.
type KeyAct struct {
	Act       string   `json:"act"`
	Office    OfficeID `json:"office"`
	Desk      string   `json:"desk,omitempty"` // the desk or device the key is for
	Class     KeyClass `json:"class,omitempty"`
	Public    []byte   `json:"public,omitempty"`   // 32 bytes of Ed25519, or SPKI of a passkey
	Key       KeyID    `json:"key,omitempty"`      // what is revoked
	Replaces  KeyID    `json:"replaces,omitempty"` // what a rotation ends
	RPID      string   `json:"rp_id,omitempty"`
	Origins   []string `json:"origins,omitempty"`
	FromSeed  bool     `json:"from_seed,omitempty"` // a demo key: anybody can make it
	Why       string   `json:"why,omitempty"`
	Emergency bool     `json:"emergency,omitempty"`
	End       Instant  `json:"until,omitzero"` // what is received from then on is refused: a deputy's key
}

// Kind implements Body.
func (*KeyAct) Kind() Kind { return "key" }

// Validate implements Body.
func (k *KeyAct) Validate() error {
	switch k.Act {
	case Revoke:
		if k.Key == "" || k.Why == "" {
			return invalid("key", "a revocation names the key and says why")
		}
		if k.End != 0 {
			return invalid("until", "a revocation ends the key at once: leave its end out")
		}
		return nil
	case Grant, Rotate:
	default:
		return invalid("act", "%q: write grant, rotate or revoke", clip(k.Act))
	}
	if k.Act == Rotate && k.Replaces == "" {
		return invalid("replaces", "a rotation names the key that it ends")
	}
	switch k.Class {
	case RootKey, OfficeKey, DeskKey, FieldKey, WitnessKey, MirrorKey:
		if len(k.Public) != ed25519.PublicKeySize {
			return invalid("public", "an Ed25519 key has 32 bytes, this has %d", len(k.Public))
		}
	case PasskeyKey:
		if _, err := x509.ParsePKIXPublicKey(k.Public); err != nil || k.RPID == "" || len(k.Origins) == 0 {
			return invalid("public", "a passkey is given as SPKI with rp_id and origins")
		}
	default:
		return invalid("class", "%q is no class of key", clip(string(k.Class)))
	}
	if k.Office == "" {
		return invalid("office", "a key belongs to an office")
	}
	if k.Class == RootKey && k.End != 0 {
		return invalid("until", "a root key has no end by the clock: it could not be replaced any more")
	}
	return nil
}

// Policy says whose cosignatures make a joint head, as text of C2SP tlog-policy.
type Policy struct {
	Text string `json:"text"`
}

// Kind implements Body.
func (*Policy) Kind() Kind { return "policy" }

// Validate implements Body. The text itself is judged by record.
func (p *Policy) Validate() error { return nil }

// Engine names one engine of a method, its version and what it read.
type Engine struct {
	Name    string `json:"name"` // extract, gazetteer, link, detect, access, casualties
	Version string `json:"version"`
	Inputs  []Blob `json:"inputs,omitempty"`
}

// Blob names a content-addressed file.
type Blob struct {
	Name   string `json:"name"`
	Digest Digest `json:"digest"`
	Bytes  int64  `json:"bytes"` // of a file that the record keeps; else 0
}

// Method names the engines, their parameters and inputs. The newest in force
// at an index governs the whole picture at that index.
type Method struct {
	Release string   `json:"release"` // the release that reproduces it
	Engines []Engine `json:"engines"`
}

// Kind implements Body.
func (*Method) Kind() Kind { return "method" }

// Validate implements Body.
func (m *Method) Validate() error {
	for i, e := range m.Engines {
		if e.Name == "" || e.Version == "" {
			return invalid("engines."+strconv.Itoa(i), "an engine has name and version")
		}
	}
	return nil
}

// Unlike is an engine or an input that a method names and that is another here.
type Unlike struct {
	Engine string
	Input  string // empty: the engine's version
	Named  string // by the method
	Here   string // empty: there is none
}

// Unlike lists in what the engines that are run here differ from those that the
// method names. Of what it does not name nothing is known.
func (m Method) Unlike(here Method) []Unlike {
	var all []Unlike
	for _, named := range m.Engines {
		var run Engine
		for _, e := range here.Engines {
			if e.Name == named.Name {
				run = e
			}
		}
		if run.Version != named.Version {
			all = append(all, Unlike{Engine: named.Name, Named: named.Version, Here: run.Version})
		}
		for _, in := range named.Inputs {
			u := Unlike{Engine: named.Name, Input: in.Name, Named: in.Digest.Short()}
			for _, x := range run.Inputs {
				if x.Name == in.Name {
					u.Here = x.Digest.Short()
				}
			}
			if u.Here != u.Named {
				all = append(all, u)
			}
		}
	}
	return all
}

// Clock is a limit of time for a step of the docket, in seconds.
type Clock struct {
	Name    string `json:"name"` // triage, information-request, reply, notice, assessment, deliberation, verification, remedy, flash
	Seconds int64  `json:"seconds"`
}

// Threshold says when a joint case opens by itself.
type Threshold struct {
	CivilianKilled int32 `json:"civilian_killed"` // low of the range, at least
	Protected      bool  `json:"protected"`       // a protected object was hit
	Lineages       int32 `json:"lineages"`        // independent sources of one act, at least
}

// Procedure holds clocks, thresholds and the regime's zone. It governs cases
// opened after it and never touches a running one.
type Procedure struct {
	Zone          Zone      `json:"zone"`
	Zones         []Zone    `json:"zones,omitempty"` // other zones that local times may name
	CutOff        string    `json:"cut_off"`         // local time at which a day closes: 18:00
	Release       string    `json:"release,omitempty"`
	Clocks        []Clock   `json:"clocks"`
	Threshold     Threshold `json:"threshold"`
	Sealing       bool      `json:"sealing,omitempty"`        // assessments are sealed first, so that who files second has not read the first
	CoverageFloor int32     `json:"coverage_floor"`           // per mille of hours watched, below it nothing reads as calm
	RootsK        int32     `json:"roots_k,omitempty"`        // root keys of co-chairs and centre that revoke another office's key; 0 is more than half
	PersonsK      int32     `json:"persons_k,omitempty"`      // smallest cell published about witnesses
	DelaySeconds  int64     `json:"delay_seconds,omitempty"`  // longest batching delay of confidential intake
	QuotaPerDay   int64     `json:"quota_per_day,omitempty"`  // intake statements per office and day, the same for all
	AlertHours    []int32   `json:"alert_hours,omitempty"`    // before a span ends
	LapsedWording string    `json:"lapsed_wording,omitempty"` // how the regime words an end without renewal
}

// Kind implements Body.
func (*Procedure) Kind() Kind { return "procedure" }

// Validate implements Body.
func (p *Procedure) Validate() error {
	if err := p.Zone.Validate(); err != nil {
		return within("zone", err)
	}
	for i, z := range p.Zones {
		if err := z.Validate(); err != nil {
			return within("zones."+strconv.Itoa(i), err)
		}
	}
	if _, err := clockTime(p.CutOff); err != nil {
		return within("cut_off", err)
	}
	for i, c := range p.Clocks {
		if c.Name == "" || c.Seconds <= 0 {
			return invalid("clocks."+strconv.Itoa(i), "a clock has a name and a limit above zero")
		}
	}
	if p.RootsK < 0 || p.RootsK == 1 {
		return invalid("roots_k", "%d: no single root revokes another office's key", p.RootsK)
	}
	if p.CoverageFloor < 0 || p.CoverageFloor > 1000 {
		return invalid("coverage_floor", "%d is not per mille", p.CoverageFloor)
	}
	return nil
}

// CutOffSeconds returns the cut-off as seconds after local midnight.
func (p *Procedure) CutOffSeconds() Instant {
	s, _ := clockTime(p.CutOff)
	return s
}

// clockTime reads 18:00 as seconds after midnight.
func clockTime(s string) (Instant, error) {
	h, m, ok := strings.Cut(s, ":")
	hh, err1 := strconv.Atoi(h)
	mm, err2 := strconv.Atoi(m)
	if !ok || len(s) != 5 || err1 != nil || err2 != nil || hh < 0 || hh > 23 || mm < 0 || mm > 59 {
		return 0, invalid("", "%q is not a time of day: write 18:00", clip(s))
	}
	return Instant(hh*3600 + mm*60), nil
}

// ZoneNamed returns the regime's own zone or one of the others by name.
func (p *Procedure) ZoneNamed(name string) (Zone, bool) {
	if name == "" || name == p.Zone.Name {
		return p.Zone, true
	}
	for _, z := range p.Zones {
		if z.Name == name {
			return z, true
		}
	}
	return Zone{}, false
}

// ClockOf returns the limit of a named clock in seconds, 0 if none is set.
func (p *Procedure) ClockOf(name string) int64 {
	for _, c := range p.Clocks {
		if c.Name == name {
			return c.Seconds
		}
	}
	return 0
}

// StatementWithdrawal takes back a statement of the same office. The statement
// stays in the record; it has no effect from this index on.
type StatementWithdrawal struct {
	Statement StatementID `json:"statement"`
	Why       string      `json:"why"`
}

// Kind implements Body.
func (*StatementWithdrawal) Kind() Kind { return "statement-withdrawal" }

// Validate implements Body.
func (w *StatementWithdrawal) Validate() error { return citesAndSays(w.Statement, w.Why) }

func citesAndSays(id StatementID, why string) error {
	if id.IsZero() {
		return invalid("statement", "name the statement by its ID")
	}
	if strings.TrimSpace(why) == "" {
		return invalid("why", "say why")
	}
	return nil
}

// Translation gives a statement's words in another language.
type Translation struct {
	Of        StatementID `json:"of"`
	Field     string      `json:"field,omitempty"` // path of the words, such as body.text
	From      string      `json:"from"`
	To        string      `json:"to"`
	Text      string      `json:"text"`
	By        string      `json:"by"`        // who translated: an office's desk, or a machine by name
	Authentic string      `json:"authentic"` // the language whose text holds
}

// Kind implements Body.
func (*Translation) Kind() Kind { return "translation" }

// Validate implements Body.
func (t *Translation) Validate() error {
	if t.Of.IsZero() || t.From == "" || t.To == "" || t.Text == "" || t.By == "" || t.Authentic == "" {
		return invalid("", "a translation has of, from, to, text, by and authentic")
	}
	return nil
}

// Erasure is the tombstone of something sealed in the vault or of an exhibit.
type Erasure struct {
	Pseudonym string `json:"pseudonym,omitempty"`
	Exhibit   Digest `json:"exhibit,omitzero"`
	Why       string `json:"why"`
}

// Kind implements Body.
func (*Erasure) Kind() Kind { return "erasure" }

// Validate implements Body.
func (e *Erasure) Validate() error {
	if (e.Pseudonym == "") == e.Exhibit.IsZero() {
		return invalid("", "name one pseudonym or one exhibit")
	}
	if e.Why == "" {
		return invalid("why", "say why")
	}
	return nil
}
