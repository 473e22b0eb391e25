package main

import (
	"cmp"
	"context"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/mod/sumdb/note"

	"github.com/marchday/marchday/centre"
	"github.com/marchday/marchday/record"
	"github.com/marchday/marchday/truce"
)

// The marks that doctor holds a machine against.
const (
	leastFree = 1 << 30          // bytes that must be free
	fewFree   = 10 << 30         // below this a warning
	mostSyncs = 20_000           // a second: a disk that is faster does not wait for its platters
	slowSyncs = 100              // a second: a slower one holds intake up
	syncProbe = time.Second      // how long syncing is measured
	mostSkew  = 30 * time.Second // between two clocks
	oldHead   = 10 * time.Minute // age of a joint head that is behind
	lateHold  = time.Hour        // what waits in the vault longer than its delay
)

// A finding is one thing that doctor looked at.
type finding struct {
	Of    string `json:"of"`    // disk, sync, clock, keys, record, witness NAME, mirror NAME, vault, evidence
	State string `json:"state"` // fine, warn, wrong
	Says  string `json:"says"`  // and what to do
}

func doctorCommand(now func() time.Time) *cobra.Command {
	var data string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Tell the health of a centre or mirror: disk, sync, clock, keys, record, peers, vault",
		Long: `Look at the disk's free space and at how often a second it syncs (a disk that
says it is faster than any can be lies about power loss), at the clock beside the
peers' clocks and the record's last receipt time, at the keys, at the record
against itself, at every witness and mirror of the policy, at the vault, and at
evidence that was kept. It changes nothing and may run while the centre does.

Exit code 0: fine or warnings; 1: something is wrong.

Who controls this machine can make it say anything: ask a witness and a mirror
as well.`,
		Example: "  marchday doctor --data geneva\n  marchday doctor --data geneva --json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			h, err := openHome(data)
			if err != nil {
				return err
			}
			d := &doctor{home: h, now: now}
			d.examine(cmd.Context())
			return d.report(cmd.OutOrStdout(), asJSON)
		},
	}
	f := cmd.Flags()
	f.StringVar(&data, "data", "", "folder of the centre or mirror")
	f.BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// A doctor gathers findings about one folder.
type doctor struct {
	home
	now   func() time.Time
	found []finding
}

func (d *doctor) say(of, state, format string, args ...any) {
	d.found = append(d.found, finding{of, state, fmt.Sprintf(format, args...)})
}

func (d *doctor) report(out io.Writer, asJSON bool) error {
	wrong := 0
	for _, f := range d.found {
		if f.State == "wrong" {
			wrong++
		}
		if !asJSON {
			fmt.Fprintf(out, "%-6s %-18s %s\n", f.State, f.Of, f.Says)
		}
	}
	if asJSON {
		if err := json.NewEncoder(out).Encode(d.found); err != nil {
			return err
		}
	}
	if wrong > 0 {
		return fmt.Errorf("%d of %d things are wrong", wrong, len(d.found))
	}
	return nil
}

func (d *doctor) examine(ctx context.Context) {
	d.disk()
	d.syncs()
	d.keyFiles()
	c, err := d.open(ctx, d.now, true)
	if err != nil {
		d.say("record", "wrong", "it cannot be opened: %v", err)
	} else {
		d.record(ctx, c)
		if book, err := bookOf(ctx, c.Record()); err != nil {
			d.say("record", "wrong", "%v", err)
		} else {
			d.granted(book, c)
			d.method(ctx, book.Method(), c)
		}
		if err := c.Close(); err != nil {
			d.say("record", "wrong", "%v", err)
		}
	}
	d.peers(ctx)
	d.secrets(ctx)
	if files, _ := filepath.Glob(filepath.Join(d.dir, "evidence", "*")); len(files) > 0 {
		d.say("evidence", "wrong", "%d files: two histories were shown; keep them, and explain each with marchday verify FILE", len(files))
	}
}

// method holds the engines and dictionaries of this folder against those that
// the record names.
func (d *doctor) method(ctx context.Context, named truce.Method, c *centre.Centre) {
	unlike := named.Unlike(c.Method())
	for _, u := range unlike {
		d.say("method", "wrong", "the record names %s %s, here is %s: the picture is not what others recompute; put back what the record names (marchday dict export), or have marchday dict method signed", strings.TrimSpace(u.Engine+" "+u.Input), u.Named, cmp.Or(u.Here, "none"))
	}
	if len(unlike) == 0 {
		d.say("method", "fine", "engines and what they read are those that the record names")
	}
	if _, err := wordsOf(ctx, c, named); err != nil {
		d.say("method", "warn", "%v", err)
	}
}

func (d *doctor) disk() {
	var s syscall.Statfs_t
	if err := syscall.Statfs(d.dir, &s); err != nil {
		d.say("disk", "wrong", "%v", err)
		return
	}
	free := int64(s.Bavail) * s.Bsize //nolint:unconvert // its type differs between systems
	state, hint := "fine", ""
	switch {
	case free < leastFree:
		state, hint = "wrong", ": make room, or intake stops"
	case free < fewFree:
		state, hint = "warn", ": plan for a larger one"
	}
	d.say("disk", state, "%.1f GiB free%s", float64(free)/(1<<30), hint)
}

// syncs measures how often a second the folder's disk takes 4 KiB and a sync.
func (d *doctor) syncs() {
	rate, err := syncRate(d.dir, syncProbe, d.now)
	switch {
	case err != nil:
		d.say("sync", "wrong", "%v", err)
	case rate > mostSyncs:
		d.say("sync", "warn", "%.0f a second: no disk is as fast, so this one may forget what was acknowledged when power fails; a battery-backed cache is fine, a setting that drops syncs is not", rate)
	case rate < slowSyncs:
		d.say("sync", "warn", "%.0f a second: statements will wait", rate)
	default:
		d.say("sync", "fine", "%.0f a second", rate)
	}
}

func syncRate(dir string, long time.Duration, now func() time.Time) (rate float64, err error) {
	f, err := os.CreateTemp(dir, ".sync-*")
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, f.Close(), os.Remove(f.Name())) }()
	page, n, began := make([]byte, 4096), 0, now()
	for ; now().Sub(began) < long; n++ {
		if _, err := f.WriteAt(page, int64(n%256)*4096); err != nil {
			return 0, err
		}
		if err := f.Sync(); err != nil {
			return 0, err
		}
	}
	return float64(n) / now().Sub(began).Seconds(), nil
}

// keyFiles looks at who can read the keys, and whether those that belong to the
// offices were handed out.
func (d *doctor) keyFiles() {
	files, _ := filepath.Glob(filepath.Join(d.dir, "keys", "*.pem"))
	for _, f := range files {
		if _, err := readKey(f); err != nil {
			d.say("keys", "wrong", "%v", err)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(d.dir, "offline", "*.pem")); len(left) > 0 {
		d.say("keys", "warn", "%d root and office keys lie in %s: hand them to their offices and delete them here", len(left), filepath.Join(d.dir, "offline"))
	}
	if d.Mirror != "" || d.demo() {
		return
	}
	key, err := readKey(filepath.Join(d.dir, "keys", "log.pem"))
	if err != nil {
		d.say("keys", "wrong", "the log's key: %v", err)
		return
	}
	if pub, err := note.NewEd25519VerifierKey(d.Origin, key.Public().(ed25519.PublicKey)); err != nil || pub != d.LogKey {
		d.say("keys", "wrong", "keys/log.pem is not the key that this origin is known by")
	}
}

// granted looks at whether the desk keys held here are good at the record's end.
func (d *doctor) granted(book *truce.Book, c *centre.Centre) {
	if d.Mirror != "" {
		return
	}
	good := goodKeys(book, c.Record().Size(), c.Now())
	files, _ := filepath.Glob(filepath.Join(d.dir, "keys", "desk-*.pem"))
	n := 0
	for _, f := range files {
		key, err := readKey(f)
		if err != nil {
			continue // said by keyFiles
		}
		if !good[truce.KeyIDOf(key.Public().(ed25519.PublicKey))] {
			d.say("keys", "wrong", "%s is not granted, or was revoked: what it signs is refused", filepath.Base(f))
			continue
		}
		n++
	}
	d.say("keys", "fine", "%d of %d desk keys held here are good", n, len(files))
}

// bookOf folds who may say what, and by which engines, up to the record's end.
func bookOf(ctx context.Context, log *record.Log) (*truce.Book, error) {
	book := truce.NewBook()
	for e, err := range log.Entries(ctx, 0) {
		if err != nil {
			return nil, err
		}
		said, err := book.Verify(e.Body)
		if err == nil {
			err = book.Admit(e.Index, truce.Instant(e.RecvAt/1000), said)
		}
		if err != nil {
			book.Skip()
		}
	}
	return book, nil
}

// goodKeys returns the keys that are good at a size of the record and at a time.
func goodKeys(book *truce.Book, size int64, now truce.Instant) map[truce.KeyID]bool {
	good := map[truce.KeyID]bool{}
	for _, k := range book.KeyRing() {
		good[k.ID] = (k.Until < 0 || k.Until > size) && (k.End == 0 || now < k.End)
	}
	return good
}

// lastReceived is the receipt time of the newest entry.
func lastReceived(ctx context.Context, log *record.Log) (time.Time, error) {
	for e, err := range log.Entries(ctx, max(log.Size()-1, 0)) {
		return time.UnixMilli(e.RecvAt), err
	}
	return time.Time{}, nil
}

// record holds the store against itself and looks at the two heads.
func (d *doctor) record(ctx context.Context, c *centre.Centre) {
	log := c.Record()
	if err := log.Check(ctx); err != nil {
		d.say("record", "wrong", "%v", err)
		return
	}
	weak, err := log.Weaknesses(ctx)
	for _, w := range weak {
		d.say("record", "warn", "%s", w)
	}
	if err != nil {
		d.say("record", "wrong", "%v", err)
	}
	signed, joint, err := log.Checkpoint(ctx)
	if err != nil {
		d.say("record", "wrong", "%v", err)
		return
	}
	d.say("record", "fine", "%d entries agree with the tree; signed up to %d", log.Size(), signed.Size)
	age := d.now().Sub(time.UnixMilli(joint.SignedAt))
	switch {
	case joint.Note == nil && len(signed.Missing) > 0:
		d.say("joint head", "warn", "there is none yet; missing: %s", strings.Join(signed.Missing, ", "))
	case joint.Note != nil && joint.Size < signed.Size && age > oldHead:
		d.say("joint head", "warn", "of %s ago, %d entries behind; missing: %s", age.Round(time.Second), signed.Size-joint.Size, strings.Join(signed.Missing, ", "))
	case joint.Note != nil:
		d.say("joint head", "fine", "at %d entries", joint.Size)
	}
	if at, err := lastReceived(ctx, log); err == nil && at.After(d.now().Add(time.Second)) {
		d.say("clock", "warn", "this machine's clock is %s behind the last receipt time, which new entries then repeat: set it right", at.Sub(d.now()).Round(time.Second))
	}
}

// peers asks every witness and mirror of the policy, and compares clocks.
func (d *doctor) peers(ctx context.Context) {
	met, err := d.meet(ctx, newCaller(""))
	if err != nil {
		d.say("policy", "wrong", "%v", err)
		return
	}
	if len(met) == 0 {
		d.say("policy", "warn", "it names no witness and no mirror that can be asked: nobody would notice a second history")
		return
	}
	compared := false
	for _, m := range met {
		of := "witness " + m.Name
		if m.mirror {
			of = "mirror " + m.Name
		}
		switch {
		case m.err != nil:
			d.say(of, "warn", "does not answer: %v", m.err)
		case m.head.Note == nil:
			d.say(of, "warn", "answers, and holds nothing of this record yet")
		default:
			d.say(of, "fine", "holds %d entries", m.head.Size)
		}
		if theirs, err := dateOf(ctx, m.URL); err == nil {
			compared = true
			if skew := theirs.Sub(d.now()); skew.Abs() > mostSkew {
				d.say("clock", "warn", "%s is %s apart from this machine's", m.Name, skew.Round(time.Second))
			}
		}
	}
	if compared {
		d.say("clock", "fine", "compared with those that answer, to %s", mostSkew)
	} else {
		d.say("clock", "warn", "no peer answers, so it is compared with nobody's")
	}
}

// dateOf is another machine's clock, as its answers carry it.
func dateOf(ctx context.Context, url string) (time.Time, error) {
	ctx, cancel := context.WithTimeout(ctx, meetTime)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodHead, url, nil)
	if err != nil {
		return time.Time{}, err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return time.Time{}, err
	}
	if err := res.Body.Close(); err != nil {
		return time.Time{}, err
	}
	return http.ParseTime(res.Header.Get("Date"))
}

// secrets looks at the vault: who may open, what is doomed, what waits.
func (d *doctor) secrets(ctx context.Context) {
	v, err := d.openVault(ctx, d.now)
	if err != nil {
		d.say("vault", "wrong", "%v", err)
		return
	}
	if v == nil {
		return
	}
	to, err1 := v.Recipients()
	doomed, err2 := v.Doomed(ctx)
	held, err3 := v.Held()
	if err := errors.Join(err1, err2, err3, v.Close()); err != nil {
		d.say("vault", "wrong", "%v", err)
		return
	}
	late := 0
	for _, w := range held {
		if d.now().Sub(w.Due) > lateHold {
			late++
		}
	}
	switch {
	case len(to.Each) == 0:
		d.say("vault", "warn", "it has no recipients, so nothing is taken in confidence: marchday vault recipients")
	case late > 0:
		d.say("vault", "wrong", "%d reports should be on the record by now: is the centre running?", late)
	default:
		d.say("vault", "fine", "%d open alone, %d wait to be mixed, %d erasures are under way", len(to.Each), len(held), len(doomed))
	}
}
