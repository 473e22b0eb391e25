package centre

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/marchday/marchday/picture"
	"github.com/marchday/marchday/record"
	"github.com/marchday/marchday/truce"
	"github.com/marchday/marchday/vault"
)

// Source is what is told in confidence: who tells it, and in which words. All
// of it is sealed in the vault and none of it goes on the record.
type Source struct {
	Name    string `json:"name,omitempty"`
	Contact string `json:"contact,omitempty"` // a number or address to reach them by
	Words   string `json:"words,omitempty"`   // their own, as they said them
	Lang    string `json:"lang,omitempty"`    // of Words
	Place   string `json:"place,omitempty"`   // as they said it
	When    string `json:"when,omitempty"`    // as they said it
	Consent string `json:"consent,omitempty"` // what they agreed to
}

// Confided is one thing that a source told an office, as it came in.
type Confided struct {
	Office truce.OfficeID
	Desk   string
	// Received are the bytes as they came in, and Once a random token of at least
	// 22 characters that came with them: the same two again are the same thing.
	// Without the token, the hash that stays on the record's machine could be
	// guessed from.
	Received []byte
	Once     string
	Source   Source
	// Report is what goes on the record: claims, and no words. Its pseudonym and
	// commitment are filled in.
	Report truce.Report
	// Grade, if given, is said of the report's first claim right after it.
	Grade *truce.Grade
	// Hold keeps the report back and mixes it with others, so that its place in
	// the record tells nothing of when it came in.
	Hold bool
	// For names the recipients who may open it; nil: all that the vault has.
	For []string
}

// Taken says what became of something confided.
type Taken struct {
	Pseudonym string
	Key       [32]byte       // under which the record knows it, or will
	Held      bool           // it waits, below level 1; Receipt is zero
	Receipt   record.Receipt // once it is on the record
}

const (
	minOnce = 22 // characters of base64 that hold 128 bits
	// batchSize is how many held reports go on the record together, at least,
	// unless one of them is due.
	batchSize = 20
	// longestDelay holds where the procedure states none.
	longestDelay = 6 * time.Hour
)

// HideSource takes something in that was told in confidence. What was sent
// before, whole and with the same token, gets its first answer: that is looked
// up before the vault makes a pseudonym. Then the vault commits, then the
// record, or the file of what waits.
func (c *Centre) HideSource(ctx context.Context, s Confided) (Taken, error) {
	v, signer := c.o.Vault, c.o.Desks[s.Office]
	switch {
	case v == nil:
		return Taken{}, &truce.Error{Kind: truce.Unavailable, Field: "vault", Why: "this centre has no vault, and takes nothing in confidence: the operator makes one with marchday vault recipients"}
	case signer == nil:
		return Taken{}, &truce.Error{Kind: truce.Forbidden, Field: "office", Why: fmt.Sprintf("no key of %s is held here", s.Office)}
	}
	if err := s.check(); err != nil {
		return Taken{}, err
	}
	c.confiding.Lock()
	defer c.confiding.Unlock()
	key := s.key(signer)
	if t, err := c.taken(ctx, key); err != nil || t.Pseudonym != "" {
		if err == nil && !t.Held {
			err = c.sayGrade(ctx, t.Receipt.ID, key, waiting{s.Office, s.Desk, s.Report, s.Grade})
		}
		return t, err
	}
	to, err := c.recipients(s.For)
	if err != nil {
		return Taken{}, err
	}
	delay, err := c.delay(ctx, s)
	if err != nil {
		return Taken{}, err
	}
	secret, err := json.Marshal(s.Source)
	if err != nil {
		return Taken{}, errors.New("a source could not be written down")
	}
	if len(secret) > vault.MaxSecret {
		return Taken{}, &truce.Error{Kind: truce.Invalid, Field: "words", Why: fmt.Sprintf("what is told in confidence has at most %d bytes: shorten it, or send it in parts", vault.MaxSecret)}
	}
	h, err := v.Hide(ctx, secret, to)
	if err != nil {
		return Taken{}, err
	}
	t := Taken{Pseudonym: h.Pseudonym, Key: key, Held: s.Hold}
	s.Report.Pseudonym, s.Report.Commitment = h.Pseudonym, h.Commitment
	w := waiting{s.Office, s.Desk, s.Report, s.Grade}
	if s.Hold {
		err = c.hold(t, w, delay)
	} else {
		t.Receipt, err = c.sayConfided(ctx, key, w)
	}
	if err != nil && t.Receipt.ID == [32]byte{} && (truce.KindOf(err) != "" || errors.Is(err, record.ErrBusy)) {
		err = errors.Join(err, v.Forget(ctx, h.Pseudonym, "refused")) // it is certainly on no record
	}
	return t, err
}

// waiting is what lies in the vault's file of what waits: nothing that the
// record may not hold.
type waiting struct {
	Office truce.OfficeID `json:"office"`
	Desk   string         `json:"desk,omitempty"`
	Report truce.Report   `json:"report"`
	Grade  *truce.Grade   `json:"grade,omitempty"`
}

// key is the idempotency key of what an office's desk submits for a source.
func (s *Confided) key(signer truce.Signer) [32]byte {
	pub, _ := signer.Public().(ed25519.PublicKey)
	h := sha256.New()
	fmt.Fprintf(h, "marchday confided/%s\n%s\n", truce.KeyIDOf(pub), s.Once)
	h.Write(s.Received)
	return [32]byte(h.Sum(nil))
}

// check refuses what would put a source on the record. Its messages never
// repeat what was said.
func (s *Confided) check() error {
	bad := func(field, why string) error { return &truce.Error{Kind: truce.Invalid, Field: field, Why: why} }
	r := &s.Report
	switch {
	case len(s.Once) < minOnce || len(s.Received) == 0:
		return bad("once", "what is sent in confidence carries a random token of at least 22 characters: open the form anew")
	case s.Source == Source{}:
		return bad("words", "there is nothing to keep in confidence: file it as an ordinary report")
	case r.Text != "" || r.Title != "" || r.URL != "" || r.External != "" || r.Translator != "" || len(r.Exhibits) > 0 || r.Origin != nil:
		return bad("text", "a report from a source in confidence carries claims alone: the words go to the vault, and a person enters the claims")
	}
	draft := *r
	draft.Pseudonym, draft.Commitment = "pending", truce.Digest{1}
	var e *truce.Error
	if err := draft.Validate(); errors.As(err, &e) {
		return bad(e.Field, "what stands here is not accepted: choose it anew from what the form offers") // without repeating it
	} else if err != nil {
		return err
	}
	if s.Grade != nil {
		g := *s.Grade
		g.About = truce.ClaimRef{Statement: truce.Digest{1}}
		if err := g.Validate(); err != nil {
			return err
		}
		if g.Why != "" {
			return bad("grade", "a grade of a source in confidence says no why: words may name people")
		}
	}
	said, err := json.Marshal(r)
	if err != nil {
		return bad("claims", "the claims could not be written down")
	}
	if names(said, s.Source) {
		return bad("claims", "a claim holds the source's name or number: take it out, the record is for ever and every co-chair reads it")
	}
	return nil
}

// names reports whether what goes on the record holds a source's name, or the
// number that it is reached by.
func names(said []byte, s Source) bool {
	const minName, minDigits = 4, 6
	low := strings.ToLower(string(said))
	if n := strings.ToLower(strings.TrimSpace(s.Name)); len(n) >= minName && strings.Contains(low, n) {
		return true
	}
	contact := strings.ToLower(strings.TrimSpace(s.Contact))
	digits := strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, contact)
	return len(contact) >= minDigits && strings.Contains(low, contact) || len(digits) >= minDigits && strings.Contains(low, digits)
}

// taken looks up what was taken in under a key before.
func (c *Centre) taken(ctx context.Context, key [32]byte) (Taken, error) {
	held, err := c.o.Vault.Held()
	if err != nil {
		return Taken{}, err
	}
	for _, w := range held {
		if w.Key == key {
			return Taken{Pseudonym: w.Pseudonym, Key: key, Held: true}, nil
		}
	}
	r, err := c.log.Find(ctx, key)
	if errors.Is(err, record.ErrNotFound) {
		return Taken{}, nil
	}
	if err != nil {
		return Taken{}, err
	}
	for e, err := range c.log.Entries(ctx, r.Index) {
		if err != nil {
			return Taken{}, err
		}
		env, err := truce.ParseEnvelope(e.Body)
		if err != nil {
			return Taken{}, err
		}
		st, err := truce.DecodeBody(env.Payload)
		if err != nil {
			return Taken{}, err
		}
		if report, ok := st.Body.(*truce.Report); ok {
			return Taken{Pseudonym: report.Pseudonym, Key: key, Receipt: r}, nil
		}
		break
	}
	return Taken{}, &truce.Error{Kind: truce.Conflict, Field: "once", Why: "this token was used for something else: open the form anew"}
}

func (c *Centre) recipients(names []string) (vault.Recipients, error) {
	all, err := c.o.Vault.Recipients()
	if err != nil {
		return all, err
	}
	if len(all.Each)+len(all.Parts) == 0 {
		return all, &truce.Error{Kind: truce.Unavailable, Field: "vault", Why: "nobody could open what is sealed here: the operator names recipients with marchday vault recipients"}
	}
	to, err := all.Only(names...)
	if err != nil {
		return to, &truce.Error{Kind: truce.Unknown, Field: "for", Why: err.Error()}
	}
	return to, nil
}

// delay is how long a report may be held, by the procedure in force. It asks
// also whether the office may say what comes with the report.
func (c *Centre) delay(ctx context.Context, s Confided) (time.Duration, error) {
	house, err := c.house(ctx)
	if err != nil {
		return 0, err
	}
	office, ok := house.Office(s.Office)
	if !ok {
		return 0, &truce.Error{Kind: truce.Forbidden, Field: "office", Why: "that is no office of this centre"}
	}
	if info, _ := truce.InfoOf("grade"); s.Grade != nil && !slices.Contains(info.Who, office.Role) {
		return 0, &truce.Error{Kind: truce.Forbidden, Field: "grade", Why: fmt.Sprintf("an office of role %s does not grade: leave the grade to the centre's desk", office.Role)}
	}
	return c.AnonymousDelay(house), nil
}

// house returns who the centre is, as last folded: a follower that is behind
// holds up no report.
func (c *Centre) house(ctx context.Context) (picture.House, error) {
	view := c.View(truce.Viewer{Role: truce.Centre})
	if h, err := view.House(ctx); err == nil {
		return h, nil
	}
	if err := c.CatchUp(ctx); err != nil {
		return picture.House{}, err
	}
	return view.House(ctx)
}

// book returns the follower's Book, up to the record's edge, and holds it.
func (c *Centre) book(ctx context.Context) (*truce.Book, func(), error) {
	if err := c.CatchUp(ctx); err != nil {
		return nil, nil, err
	}
	c.mu.Lock()
	if c.fold == nil {
		if err := c.warm(ctx); err != nil {
			c.mu.Unlock()
			return nil, nil, err
		}
	}
	return c.fold.book, c.mu.Unlock, nil
}

func (c *Centre) hold(t Taken, w waiting, delay time.Duration) error {
	body, err := json.Marshal(w)
	if err != nil {
		return &truce.Error{Kind: truce.Invalid, Field: "claims", Why: "the claims could not be written down"}
	}
	err = c.o.Vault.Hold(vault.Waiting{Key: t.Key, Pseudonym: t.Pseudonym, Body: body}, delay)
	if errors.Is(err, vault.ErrFull) {
		return &truce.Error{Kind: truce.Unavailable, Field: "vault", Why: "too many reports wait already: try again in an hour"}
	}
	return err
}

// sayConfided says a report, and its grade, as made in this hour.
func (c *Centre) sayConfided(ctx context.Context, key [32]byte, w waiting) (record.Receipt, error) {
	r, err := c.SayOnce(ctx, key, w.Office, w.Desk, c.hour(), &w.Report)
	if err != nil {
		return r, err
	}
	return r, c.sayGrade(ctx, r.ID, key, w)
}

// sayGrade grades the first claim of a report that is on the record, once.
func (c *Centre) sayGrade(ctx context.Context, report truce.StatementID, key [32]byte, w waiting) error {
	refs := ClaimRefs(report, &w.Report)
	if w.Grade == nil || len(refs) == 0 {
		return nil
	}
	g := *w.Grade
	g.About = refs[0]
	_, err := c.SayOnce(ctx, truce.DigestOf(append([]byte("marchday grade/"), key[:]...)), w.Office, w.Desk, c.hour(), &g)
	return err
}

func (c *Centre) hour() truce.Instant { return truce.At(c.o.Now().Truncate(time.Hour)) }

// Tend does what the vault waits for: it finishes erasures that were asked for
// or cut short, and puts on the record what is due or has enough company, in
// random order. Whoever serves calls it once a minute. It returns how many
// reports went on the record.
func (c *Centre) Tend(ctx context.Context) (int, error) {
	if c.o.Vault == nil {
		return 0, nil
	}
	c.confiding.Lock()
	defer c.confiding.Unlock()
	doomed, err := c.o.Vault.Doomed(ctx)
	if err != nil {
		return 0, err
	}
	for name, why := range doomed {
		if err := c.forget(ctx, name, why); err != nil {
			c.o.Log.ErrorContext(ctx, "an erasure could not be finished, it is tried again", "pseudonym", name, "error", err)
		}
	}
	return c.release(ctx)
}

func (c *Centre) release(ctx context.Context) (n int, err error) {
	all, err := c.o.Vault.Held()
	if err != nil {
		return 0, err
	}
	for {
		batch := vault.Mix(all, batchSize, c.o.Now(), c.o.Chance)
		if len(batch) == 0 {
			return n, nil
		}
		var done [][32]byte
		for _, w := range batch {
			err := c.releaseOne(ctx, w)
			switch {
			case err == nil:
				done = append(done, w.Key)
			case truce.KindOf(err) == "":
				return n, errors.Join(err, c.o.Vault.Release(done...))
			default:
				c.o.Log.ErrorContext(ctx, "a held report is refused, it goes on waiting", "pseudonym", w.Pseudonym, "error", err)
			}
			all = slices.DeleteFunc(all, func(x vault.Waiting) bool { return x.Key == w.Key })
		}
		n += len(done)
		if err := c.o.Vault.Release(done...); err != nil {
			return n, err
		}
	}
}

func (c *Centre) releaseOne(ctx context.Context, w vault.Waiting) error {
	var what waiting
	dec := json.NewDecoder(bytes.NewReader(w.Body))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&what); err != nil {
		return &truce.Error{Kind: truce.Invalid, Why: "what waits cannot be read by this release"}
	}
	_, err := c.sayConfided(ctx, w.Key, what)
	return err
}

// ForgetSource erases who a source was and what was said, because why: a code
// such as asked, expired, danger, error. First the vault marks it, so that a
// crash cannot forget the forgetting; then the record says that it was erased;
// then the vault deletes. Only the office that filed the report may; an empty
// office is the operator at the machine. A report that still waits never goes
// on the record.
func (c *Centre) ForgetSource(ctx context.Context, by truce.OfficeID, pseudonym, why string) error {
	if c.o.Vault == nil {
		return &truce.Error{Kind: truce.Unavailable, Field: "vault", Why: "this centre has no vault"}
	}
	c.confiding.Lock()
	defer c.confiding.Unlock()
	office, known, err := c.filedBy(ctx, pseudonym)
	if err != nil {
		return err
	}
	if known && by != "" && by != office {
		return &truce.Error{Kind: truce.Forbidden, Field: "pseudonym", Why: fmt.Sprintf("it was filed by %s: only its own office erases it", office)}
	}
	if known && c.o.Desks[office] == nil {
		return &truce.Error{Kind: truce.Forbidden, Field: "office", Why: fmt.Sprintf("no key of %s is held here, so the erasure cannot be put on the record", office)}
	}
	if err := c.o.Vault.Doom(ctx, pseudonym, why); err != nil {
		if errors.Is(err, vault.ErrUnknown) {
			return &truce.Error{Kind: truce.Unknown, Field: "pseudonym", Why: "the vault has no such entry, or no longer has it"}
		}
		return &truce.Error{Kind: truce.Invalid, Field: "why", Why: err.Error()}
	}
	return c.forget(ctx, pseudonym, why)
}

// filedBy returns the office that filed, or is about to file, a pseudonym's
// report.
func (c *Centre) filedBy(ctx context.Context, pseudonym string) (truce.OfficeID, bool, error) {
	held, err := c.o.Vault.Held()
	if err != nil {
		return "", false, err
	}
	for _, w := range held {
		var what waiting
		if w.Pseudonym == pseudonym && json.Unmarshal(w.Body, &what) == nil {
			return what.Office, true, nil
		}
	}
	book, unlock, err := c.book(ctx)
	if err != nil {
		return "", false, err
	}
	defer unlock()
	office, _, known := book.SourceOf(pseudonym)
	return office, known, nil
}

// forget finishes what Doom began.
func (c *Centre) forget(ctx context.Context, pseudonym, why string) error {
	held, err := c.o.Vault.Held()
	if err != nil {
		return err
	}
	for _, w := range held {
		if w.Pseudonym != pseudonym {
			continue
		}
		if err := c.o.Vault.Release(w.Key); err != nil {
			return err
		}
	}
	office, known, err := c.filedBy(ctx, pseudonym)
	if err != nil {
		return err
	}
	if known {
		key := truce.DigestOf([]byte("marchday erasure/" + pseudonym))
		_, err := c.SayOnce(ctx, key, office, "", c.hour(), &truce.Erasure{Pseudonym: pseudonym, Why: why})
		if err != nil && truce.KindOf(err) != truce.Conflict {
			return err
		}
	}
	return c.o.Vault.Forget(ctx, pseudonym, why)
}

// SweepVault forgets what a crash left in the vault without a report, after a
// day. Whoever serves calls it at the start and once a day.
func (c *Centre) SweepVault(ctx context.Context) (int, error) {
	if c.o.Vault == nil {
		return 0, nil
	}
	c.confiding.Lock()
	defer c.confiding.Unlock()
	book, unlock, err := c.book(ctx)
	if err != nil {
		return 0, err
	}
	defer unlock()
	return c.o.Vault.Sweep(ctx, func(h vault.Hidden) (bool, error) {
		_, _, known := book.SourceOf(h.Pseudonym)
		return known, nil
	})
}

// HasVault reports whether something can be taken in confidence here.
func (c *Centre) HasVault() bool { return c.o.Vault != nil }
