package centre

import (
	"context"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/marchday/marchday/record"
	"github.com/marchday/marchday/truce"
)

// Limits of an outbox.
const (
	outboxFile  = "outbox.json"
	maxOutbox   = 100_000 // statements
	maxOutState = 64 << 20
	// MirroredLevel is the receipt level that an outbox waits for unless told
	// otherwise: then the loss of the whole centre loses nothing of it.
	MirroredLevel = 4
	// A batch is at most so much, so that a poor link gets it through in a
	// request's time; what is bigger goes alone.
	maxHandedOver = 64
	maxHandBytes  = 32 << 10
)

// OutboxOptions say whose outbox it is, and for which centre. All must be given
// but Until.
type OutboxOptions struct {
	Dir    string // holds the outbox's own log
	Origin string // of that log, a name of the device
	Of     string // origin of the centre
	Regime truce.RegimeID
	Office truce.OfficeID     // in whose name the device files
	Key    ed25519.PrivateKey // of the device: signs its statements and its log
	LogKey string             // verifier key of the centre's log: receipts are checked with it
	Now    func() time.Time
	Until  int // receipt level to wait for; 0: MirroredLevel
}

// An Outbox is a small log of one device's own. What is filed is durable and
// signed there at once (level 0), for days without a network if need be, and is
// handed to the centre in order. Each statement names its place in this log.
//
// Who holds the device can file in its office's name, as that device, until its
// key is revoked; they cannot change what the centre has, nor pass off a gap:
// the numbers of its statements show it.
type Outbox struct {
	o   OutboxOptions
	log *record.Log
	p   record.Policy // that holds the centre's key

	mu   sync.Mutex
	sent []Filed // by number
}

// Filed is one statement of an outbox and how far it has come.
type Filed struct {
	Number  int64             `json:"number"` // in the outbox, from 0
	ID      truce.StatementID `json:"id"`
	At      truce.Instant     `json:"at"`
	Level   int               `json:"level"` // 0 stored here; 1 to 4 as the centre says
	Index   int64             `json:"index"` // in the centre's record, from level 1 on
	Refused string            `json:"refused,omitempty"`
	Receipt string            `json:"receipt,omitempty"` // signed by the centre
	Broken  string            `json:"broken,omitempty"`  // an earlier receipt that it did not honour, which proves that
}

// An Answer is what a centre says of one statement.
type Answer struct {
	Level   int
	Index   int64
	Signed  string // the receipt as a note
	Refused string // why it does not take it, for good; the rest is then empty
}

// Hand reaches the centre. Submit hands over envelopes and answers for the
// first of them, in order: those are settled. For what has no answer the link
// failed, or the centre could not take it now. A truce.Error of kind Unknown
// from Standing says that the centre has no such statement; every other error
// that the link failed.
type Hand interface {
	Submit(ctx context.Context, envelopes [][]byte) ([]Answer, error)
	Standing(ctx context.Context, id truce.StatementID) (Answer, error)
}

// OpenOutbox opens or makes the outbox in o.Dir.
func OpenOutbox(ctx context.Context, o OutboxOptions) (*Outbox, error) {
	if o.Until == 0 {
		o.Until = MirroredLevel
	}
	if o.Until < 1 || o.Until > MirroredLevel {
		return nil, fmt.Errorf("outbox: level %d: wait for 1, 2, 3 or 4", o.Until)
	}
	b := &Outbox{o: o}
	var err error
	if b.p, err = record.ParsePolicy("log " + o.LogKey + "\nquorum none\n"); err != nil {
		return nil, fmt.Errorf("outbox: the centre's key: %w", err)
	}
	if b.log, err = record.Open(ctx, "sqlite:"+o.Dir, record.Options{Origin: o.Origin, Now: o.Now, Signer: o.Key}); err != nil {
		return nil, err
	}
	if err := b.load(ctx); err != nil {
		return nil, errors.Join(err, b.log.Close())
	}
	return b, nil
}

// Close closes the outbox.
func (b *Outbox) Close() error { return b.log.Close() }

// load reads how far each statement has come. What the log has and the file has
// not was filed right before a crash.
func (b *Outbox) load(ctx context.Context) error {
	file := filepath.Join(b.o.Dir, outboxFile)
	info, err := os.Stat(file)
	if err == nil && info.Size() > maxOutState {
		return fmt.Errorf("%s: over the limit of %d bytes", file, maxOutState)
	}
	data, err := os.ReadFile(file)
	if err == nil {
		err = json.Unmarshal(data, &b.sent)
	}
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("%s: %w: delete it, the centre is then asked anew for each statement", file, err)
	}
	if int64(len(b.sent)) > b.log.Size() {
		return fmt.Errorf("%s: names %d statements, and the log beside it has %d: put the log back from its backup", file, len(b.sent), b.log.Size())
	}
	for e, err := range b.log.Entries(ctx, int64(len(b.sent))) {
		if err != nil {
			return err
		}
		b.sent = append(b.sent, Filed{Number: e.Index, ID: truce.DigestOf(e.Body), At: truce.Instant(e.RecvAt / 1000)})
	}
	return nil
}

// save keeps how far each has come, whole or not at all.
func (b *Outbox) save() error {
	data, err := json.Marshal(b.sent)
	if err != nil {
		return err
	}
	file := filepath.Join(b.o.Dir, outboxFile)
	f, err := os.OpenFile(file+".new", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(file+".new", file)
}

// File signs a statement and keeps it. When it returns, it is durable here.
func (b *Outbox) File(ctx context.Context, body truce.Body) (Filed, error) {
	if err := body.Validate(); err != nil {
		return Filed{}, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	n := b.log.Size()
	if n >= maxOutbox {
		return Filed{}, fmt.Errorf("outbox: it holds %d statements: sync it, and begin another", n)
	}
	desk := fmt.Sprintf("%s#%d", b.o.Origin, n)
	e, err := truce.Seal(truce.NewStatement(b.o.Of, b.o.Regime, b.o.Office, desk, truce.At(b.o.Now()), body), truce.Key(b.o.Key))
	if err != nil {
		return Filed{}, err
	}
	env := e.Bytes()
	r, err := b.log.Add(ctx, truce.DigestOf(env), env)
	if err != nil {
		return Filed{}, err
	}
	if r.Duplicate {
		return b.sent[r.Index], nil
	}
	f := Filed{Number: r.Index, ID: truce.Digest(r.ID), At: truce.Instant(r.RecvAt / 1000)}
	b.sent = append(b.sent, f)
	return f, nil
}

// List returns everything that was filed, in order.
func (b *Outbox) List() []Filed {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]Filed(nil), b.sent...)
}

// Envelopes returns what has not reached its level, in order, for carrying by
// hand.
func (b *Outbox) Envelopes(ctx context.Context) (map[int64][]byte, error) {
	all := map[int64][]byte{}
	for _, f := range b.List() {
		if f.Level >= b.o.Until {
			continue
		}
		env, err := b.envelope(ctx, f.Number)
		if err != nil {
			return nil, err
		}
		all[f.Number] = env
	}
	return all, nil
}

func (b *Outbox) envelope(ctx context.Context, n int64) ([]byte, error) {
	for e, err := range b.log.Entries(ctx, n) {
		return e.Body, err
	}
	return nil, fmt.Errorf("outbox: statement %d is not in its log", n)
}

// Sync asks how far the centre has brought what it has, and hands over the rest
// in order, in batches. What is refused keeps its reason and is tried again only
// if again is set. A link that fails ends it; the next Sync goes on there. It
// returns how many statements have not reached their level and are not refused.
func (b *Outbox) Sync(ctx context.Context, hand Hand, again bool) (left int, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	defer func() { err = errors.Join(err, b.save()) }()
	var rest []*Filed
	for i := range b.sent {
		f := &b.sent[i]
		if f.Level >= b.o.Until || f.Refused != "" && !again {
			continue
		}
		if err := b.ask(ctx, hand, f); err != nil {
			return b.left(), fmt.Errorf("outbox: statement %d: %w", f.Number, err)
		}
		if f.Level == 0 {
			rest = append(rest, f)
		}
	}
	for len(rest) > 0 {
		n, err := b.handOver(ctx, hand, rest)
		if err != nil {
			return b.left(), fmt.Errorf("outbox: from statement %d on: %w", rest[min(n, len(rest)-1)].Number, err)
		}
		rest = rest[n:]
	}
	return b.left(), nil
}

func (b *Outbox) left() (n int) {
	for _, f := range b.sent {
		if f.Level < b.o.Until && f.Refused == "" {
			n++
		}
	}
	return n
}

// ask asks how far one statement that was handed over has come. What a centre
// had and has no longer, after it was restored, is to be handed over again.
func (b *Outbox) ask(ctx context.Context, hand Hand, f *Filed) error {
	if f.Level == 0 {
		return nil
	}
	a, err := hand.Standing(ctx, f.ID)
	if truce.KindOf(err) == truce.Unknown {
		f.Level = 0
		return nil
	}
	if err != nil {
		return err
	}
	return b.take(f, a)
}

// handOver hands over the first of fs, as many as a batch holds, and returns how
// many of them are settled: at least one if there is no error.
func (b *Outbox) handOver(ctx context.Context, hand Hand, fs []*Filed) (settled int, err error) {
	var batch [][]byte
	size := 0
	for _, f := range fs[:min(len(fs), maxHandedOver)] {
		env, err := b.envelope(ctx, f.Number)
		if err != nil {
			return 0, err
		}
		if size += len(env); size > maxHandBytes && len(batch) > 0 {
			break
		}
		batch = append(batch, env)
	}
	answers, err := hand.Submit(ctx, batch)
	for i, a := range answers[:min(len(answers), len(batch))] {
		if a.Refused != "" {
			fs[i].Refused = a.Refused
			continue
		}
		fs[i].Refused = ""
		if err := b.take(fs[i], a); err != nil {
			return i, err
		}
	}
	if err == nil && len(answers) == 0 {
		err = errors.New("the centre answers for none of them")
	}
	return min(len(answers), len(batch)), err
}

// take believes a centre no further than its signature goes.
func (b *Outbox) take(f *Filed, a Answer) error {
	r, err := record.OpenReceipt([]byte(a.Signed), b.p)
	if err != nil {
		return fmt.Errorf("its receipt: %w", err)
	}
	if r.ID != f.ID || r.Index != a.Index {
		return fmt.Errorf("its receipt is for entry %d, statement %s", r.Index, truce.Digest(r.ID).Short())
	}
	if f.Receipt != "" && f.Index != a.Index {
		f.Broken = f.Receipt
	}
	f.Level, f.Index, f.Receipt = a.Level, a.Index, strings.Clone(a.Signed)
	return nil
}
