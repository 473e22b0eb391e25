package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/marchday/marchday/centre"
	"github.com/marchday/marchday/record"
	"github.com/marchday/marchday/truce"
)

// meetTime is how long a start waits for a witness or mirror.
const meetTime = 10 * time.Second

// A meeting is what one witness or mirror answered at a start.
type meeting struct {
	record.Peer
	mirror bool
	head   record.Head // its Note is nil: it has none of this log
	err    error       // it did not answer, or not with a head of this log
}

// meet asks all witnesses and mirrors of the policy for their newest head, all
// at once. None is waited for longer than meetTime.
func (h home) meet(ctx context.Context, call caller) ([]meeting, error) {
	text, err := h.policy()
	if err != nil {
		return nil, err
	}
	p, err := record.ParsePolicy(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Join(h.dir, policyFile), err)
	}
	ctx, cancel := context.WithTimeout(ctx, meetTime)
	defer cancel()
	_, mirrors := p.Group(centre.MirrorsGroup)
	var all []meeting
	for _, w := range p.Witnesses() {
		if w.URL != "" {
			all = append(all, meeting{Peer: w, mirror: slices.Contains(mirrors, w.Name)})
		}
	}
	var wg sync.WaitGroup
	for i := range all {
		wg.Go(func() {
			m := &all[i]
			note, err := call.Head(ctx, m.URL, h.Origin, m.mirror)
			var s statusError
			if errors.As(err, &s) && s.status == http.StatusNotFound {
				return // it answers, and has nothing yet
			}
			if err == nil {
				m.head, err = p.Open(note, h.Origin)
			}
			m.err = err
		})
	}
	wg.Wait()
	return all, nil
}

// held is how a centre is held against its peers before its first signature.
type held struct {
	call  caller
	log   *slog.Logger
	alone bool
}

// openHeld opens the centre held against what witnesses and mirrors have of it:
// a shorter history is rolled forward from the mirrors, another one refused.
func (h home) openHeld(ctx context.Context, now func() time.Time, by held) (*centre.Centre, error) {
	met, err := h.gather(ctx, now, by)
	if err != nil {
		return nil, err
	}
	ours, _ := os.ReadFile(filepath.Join(h.dir, "tiles", "checkpoint")) // only for evidence
	c, err := h.open(ctx, now, false)
	if errors.Is(err, record.ErrFork) && ours != nil {
		for _, m := range met {
			if m.head.Note != nil && !bytes.Equal(m.head.Note, ours) {
				h.alarm(ctx, by.log, dispute{ours, m.head.Note, filesOf(h.dir), by.call.fetch(m.URL, firstPause)})
			}
		}
	}
	if err != nil {
		return nil, err
	}
	if err := h.rollForward(ctx, c, met, by); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

// gather meets the peers and keeps their heads for open, which then signs
// nothing shorter and nothing else. Without one answer it wants to be told to.
func (h *home) gather(ctx context.Context, now func() time.Time, by held) ([]meeting, error) {
	met, err := h.meet(ctx, by.call)
	if err != nil || len(met) == 0 {
		return nil, err
	}
	var silent []string
	for _, m := range met {
		switch {
		case m.err != nil:
			silent = append(silent, m.Name)
			by.log.WarnContext(ctx, "not compared with a peer that does not answer", "peer", m.Name, "error", m.err)
		case m.head.Note != nil:
			h.seen = append(h.seen, m.head.Note)
		}
	}
	if len(silent) == len(met) && !by.alone {
		return nil, fmt.Errorf("none of %s answers, so this record was not held against what they cosigned: start when one does, or with --alone", strings.Join(silent, ", "))
	}
	return met, h.noteStart(now(), len(met), silent)
}

// rollForward pulls what mirrors have and this record has not, and refuses to go
// on while a head that was cosigned is longer than the record.
func (h home) rollForward(ctx context.Context, c *centre.Centre, met []meeting, by held) error {
	log := c.Record()
	for _, m := range met {
		if !m.mirror || m.head.Size <= log.Size() {
			continue
		}
		from := log.Size()
		_, err := log.Pull(ctx, by.call.fetch(m.URL, firstPause))
		if errors.Is(err, record.ErrFork) {
			h.alarm(ctx, by.log, dispute{signedNote(ctx, log), m.head.Note, log.Tile, by.call.fetch(m.URL, firstPause)})
			return err
		}
		if err != nil {
			by.log.ErrorContext(ctx, "a mirror has more, and it could not be pulled", "mirror", m.Name, "error", err)
			continue
		}
		by.log.InfoContext(ctx, "rolled forward from a mirror", "mirror", m.Name, "from", from, "to", log.Size())
	}
	for _, m := range met {
		if m.head.Note == nil {
			continue
		}
		switch err := log.Compare(ctx, m.head.Note); {
		case errors.Is(err, record.ErrFork):
			h.alarm(ctx, by.log, dispute{signedNote(ctx, log), m.head.Note, log.Tile, by.call.fetch(m.URL, firstPause)})
			return err
		case err != nil:
			return fmt.Errorf("%s holds a head that was signed here: %w: restore from a copy that has those entries (marchday restore), or end this record (restore --freeze) and found a new one that names its last head", m.Name, err)
		}
	}
	return nil
}

func signedNote(ctx context.Context, log *record.Log) []byte {
	signed, _, err := log.Checkpoint(ctx)
	if err != nil {
		return nil
	}
	return signed.Note
}

// noteStart records at which starts peers were asked, and which were silent.
func (h home) noteStart(at time.Time, asked int, silent []string) error {
	f, err := os.OpenFile(filepath.Join(h.dir, "starts.jsonl"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	err = json.NewEncoder(f).Encode(map[string]any{"at": truce.At(at), "asked": asked, "silent": silent, "alone": len(silent) == asked})
	return errors.Join(err, f.Close())
}

// filesOf reads the published files of a copy in a folder.
func filesOf(dir string) record.Fetch {
	return func(_ context.Context, path string) ([]byte, error) {
		if !filepath.IsLocal(path) {
			return nil, fmt.Errorf("%s: not a path below a copy", path)
		}
		if !strings.HasPrefix(path, "blobs/") {
			path = "tiles/" + path
		}
		return os.ReadFile(filepath.Join(dir, filepath.FromSlash(path)))
	}
}

// restoreOptions are the settings of restore.
type restoreOptions struct {
	data, from, logKey, dossier, token, freeze string
	alone                                      bool
}

func restoreCommand(now func() time.Time) *cobra.Command {
	var o restoreOptions
	cmd := &cobra.Command{
		Use:   "restore",
		Short: "Bring a centre's record back from a mirror, a bundle or a copy",
		Long: `Fill the record in --data up to the newest head of a mirror's address, a mirror's
or centre's folder, or a bundle. Everything is verified, indexes and receipt
times are kept, and the result is held against witnesses and mirrors before the
log's key signs anything: a shorter history is never signed, a second one stops
the restore with evidence. The picture is folded anew.

--data is the folder of an old backup, or an empty one with the keys put back
(keys/log.pem and the desks') and --log and --dossier given. The vault is not in
any copy: it has its own backup.

When entries under a signed head are on no copy, nobody may go on under this
origin: --freeze ends it at its last head, and a new origin begins (marchday
init) whose first statements name that head. Authors send again what they hold;
a field outbox does so by itself.

Who holds a false copy can withhold its newest entries, which the witnesses'
heads show, and nothing else: what the log's key has not signed is refused.`,
		Example: "  marchday restore --data geneva --from https://us-copy.example.org --token token\n  marchday restore --data new --from /media/stick/whole.tar --log 'truce.example.org/log+...' --dossier syria-2016\n  marchday restore --data geneva --freeze 'entries 812 to 815 are on no copy'",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if o.data == "" || (o.from == "") == (o.freeze == "") {
				return usagef("--data and one of --from and --freeze are needed")
			}
			if o.freeze != "" {
				return freeze(cmd, o, now)
			}
			return restore(cmd, o, now)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.data, "data", "", "folder of the centre")
	f.StringVar(&o.from, "from", "", "address of a mirror, folder of a copy, or bundle")
	f.StringVar(&o.logKey, "log", "", "verifier key of the log, where --data holds no centre yet")
	f.StringVar(&o.dossier, "dossier", "", "built-in dossier's name or folder, where --data holds no centre yet")
	f.StringVar(&o.token, "token", "", "file with the token that the mirror knows this centre by")
	f.StringVar(&o.freeze, "freeze", "", "end this record for good, and why")
	f.BoolVar(&o.alone, "alone", false, "restore although no witness and no mirror of the policy answers")
	return cmd
}

func freeze(cmd *cobra.Command, o restoreOptions, now func() time.Time) (err error) {
	h, err := openHome(o.data)
	if err != nil {
		return err
	}
	c, err := h.open(cmd.Context(), now, false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	if err := c.Record().Freeze(cmd.Context(), o.freeze); err != nil {
		return err
	}
	_, err = fmt.Fprintf(cmd.OutOrStdout(), "frozen at %d entries; its newest head:\n%s", c.Record().Size(), signedNote(cmd.Context(), c.Record()))
	return err
}

// source is where a record is restored from.
type source struct {
	head []byte // its newest
	pull func(ctx context.Context, l *record.Log) error
	read record.Fetch // blobs; nil: pull brings them
}

func (h home) source(ctx context.Context, from string, call caller) (source, error) {
	if strings.HasPrefix(from, "http://") || strings.HasPrefix(from, "https://") {
		return sourceOf(ctx, call.fetch(from, firstPause))
	}
	info, err := os.Stat(from)
	if err != nil {
		return source{}, usagef("--from: %w", err)
	}
	if info.IsDir() {
		return sourceOf(ctx, filesOf(from))
	}
	text, err := h.policy()
	if err != nil {
		return source{}, err
	}
	p, err := record.ParsePolicy(text)
	if err != nil {
		return source{}, err
	}
	f, err := os.Open(from)
	if err != nil {
		return source{}, err
	}
	defer f.Close()
	signed, _, err := record.VerifyBundle(ctx, f, p, record.Visit{})
	if err != nil {
		return source{}, err
	}
	return source{signed.Note, func(ctx context.Context, l *record.Log) error {
		f, err := os.Open(from)
		if err != nil {
			return err
		}
		defer f.Close()
		_, err = l.PullBundle(ctx, f, record.Visit{})
		return err
	}, nil}, nil
}

func sourceOf(ctx context.Context, fetch record.Fetch) (source, error) {
	head, err := fetch(ctx, "checkpoint")
	return source{head, func(ctx context.Context, l *record.Log) error {
		_, err := l.Pull(ctx, fetch)
		return err
	}, fetch}, err
}

func restore(cmd *cobra.Command, o restoreOptions, now func() time.Time) (err error) {
	ctx, log := cmd.Context(), newLog(cmd)
	h, err := o.home()
	if err != nil {
		return err
	}
	token, err := readToken(o.token)
	if err != nil {
		return err
	}
	call := newCaller(token)
	from, err := h.source(ctx, o.from, call)
	if err != nil {
		return err
	}
	by := held{call, log, o.alone}
	met, err := h.gather(ctx, now, by)
	if err != nil {
		return err
	}
	// The source's head too shuts signing until the record has reached it.
	h.seen = append(h.seen, from.head)
	c, err := h.open(ctx, now, false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	had, before := c.Record().Size(), signedNote(ctx, c.Record())
	if err := from.pull(ctx, c.Record()); err != nil {
		if errors.Is(err, record.ErrFork) && before != nil {
			h.alarm(ctx, log, dispute{before, from.head, c.Record().Tile, from.read})
		}
		return err
	}
	if err := h.rollForward(ctx, c, met, by); err != nil {
		return err
	}
	if err := c.CatchUp(ctx); err != nil {
		return err
	}
	if from.read != nil {
		if err := fetchBlobs(ctx, c, from.read); err != nil {
			return err
		}
	}
	head, err := c.Record().Publish(ctx)
	if err != nil {
		return err
	}
	for _, m := range met {
		if m.err != nil {
			fmt.Fprintf(cmd.OutOrStdout(), "not compared with %s: %v\n", m.Name, m.err)
		}
	}
	_, err = fmt.Fprintf(cmd.OutOrStdout(), "restored: %d entries, %d of them from %s, root %x\n", head.Size, head.Size-had, o.from, head.Root)
	return err
}

// home reads the folder, or makes it round keys that were put back.
func (o restoreOptions) home() (home, error) {
	h, err := openHome(o.data)
	if err == nil {
		if h.Mirror != "" {
			return h, usagef("--data: %s holds a copy, which marchday mirror fills", o.data)
		}
		return h, nil
	}
	if o.logKey == "" || o.dossier == "" {
		return h, fmt.Errorf("%w; or give --log and --dossier", err)
	}
	if _, err := readKey(filepath.Join(o.data, "keys", "log.pem")); err != nil {
		return h, usagef("the log's key must be put back first: %w", err)
	}
	if h, err = newHome(o.data, o.logKey, o.dossier); err != nil {
		return h, err
	}
	return h, h.save()
}
