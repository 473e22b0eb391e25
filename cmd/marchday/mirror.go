package main

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/marchday/marchday/centre"
	"github.com/marchday/marchday/record"
	"github.com/marchday/marchday/truce"
	"github.com/marchday/marchday/web"
)

// firstPause is the wait after a fetch that failed; it doubles with each.
const firstPause = 200 * time.Millisecond

// mirrorOptions are the settings of a mirror.
type mirrorOptions struct {
	data, name, logKey, dossier, policy string
	token, tokens                       string
	addr, reader, bundle                string
	once                                bool
	every                               time.Duration
}

func mirrorCommand(now func() time.Time) *cobra.Command {
	var o mirrorOptions
	cmd := &cobra.Command{
		Use:   "mirror [URL]",
		Short: "Keep a whole copy of a centre, verify it, and serve it read-only",
		Long: `Pull the centre at URL, or a bundle that marchday export wrote: every tile and
entry is checked against the head that the log signed, and that head against the
one before. What is kept is folded here too, and the digest of the picture is
compared with the centre's at the same size. Then the mirror cosigns the head:
level 4 of a receipt. After an error the next round goes on where this one ended.

The first run makes a key and prints the line that the centre's policy needs
(add the name to its group "mirrors"). --dossier is what the centre was founded
with. With --addr the pages are served read-only, and to whoever has a token of
--mirror-token the entries too, so that a centre can be restored from here.

Two heads that exclude one another end the copying; the evidence is kept below
evidence/, and marchday verify explains it. A picture that differs while the
record agrees is kept there as well.

Who holds this folder reads every statement, whatever its marking, and none of
the vault, which is never copied; and the private notes that an office keeps here
with --as (marchday notes), which no other copy has. They can show false pages to those who read
here, and claim with this key to keep what they do not; they cannot add to the
record or change it unseen. Who stops the mirror stops only its cosignature.`,
		Example: "  marchday mirror https://truce.example.org --data us-copy --name us-copy.example.org --log 'truce.example.org/log+...' --dossier syria-2016 --token token --addr 127.0.0.1:8081\n  marchday mirror --data us-copy --bundle /media/stick/rest.tar\n  marchday mirror https://truce.example.org --data us-copy --token token --once",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			h, err := openMirrorHome(cmd.OutOrStdout(), o, strings.Join(args, ""))
			if err != nil {
				return err
			}
			return runMirror(cmd, h, o, now)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.data, "data", "", "folder of the mirror")
	f.StringVar(&o.name, "name", "", "name of its key, such as us-copy.example.org; needed the first time")
	f.StringVar(&o.logKey, "log", "", "verifier key of the log; needed the first time")
	f.StringVar(&o.dossier, "dossier", "", "built-in dossier's name, or folder, that the centre was founded with; needed the first time")
	f.StringVar(&o.policy, "policy", "", "file with the joint policy, kept in the folder")
	f.StringVar(&o.token, "token", "", "file with the token that the centre gave this mirror")
	f.StringVar(&o.tokens, "mirror-token", "", "file with tokens, one a line, of those who may fetch all entries here")
	f.StringVar(&o.addr, "addr", "", "address to serve the copy on; none is served without it")
	f.StringVar(&o.reader, "as", "", "office that every visitor reads as; only on an address of this machine")
	f.StringVar(&o.bundle, "bundle", "", "take in this bundle instead of pulling, - for standard input")
	f.BoolVar(&o.once, "once", false, "pull once and exit")
	f.DurationVar(&o.every, "every", 10*time.Second, "pause between two rounds")
	return cmd
}

// openMirrorHome reads the folder of a mirror, or makes it.
func openMirrorHome(out io.Writer, o mirrorOptions, url string) (home, error) {
	if o.data == "" {
		return home{}, usagef("--data is needed")
	}
	if _, err := os.Stat(filepath.Join(o.data, homeFile)); errors.Is(err, os.ErrNotExist) {
		if err := makeMirrorHome(out, o); err != nil {
			return home{}, err
		}
	}
	h, err := openHome(o.data)
	if err != nil {
		return h, err
	}
	if h.Mirror == "" {
		return h, usagef("--data: %s holds a centre itself, not a copy", o.data)
	}
	if o.logKey != "" && o.logKey != h.LogKey {
		return h, usagef("--log: this folder copies the log with the key %s", h.LogKey)
	}
	if url != "" && url != h.Of {
		h.Of = url
		if err := h.save(); err != nil {
			return h, err
		}
	}
	return h, h.setPolicy(o.policy)
}

func makeMirrorHome(out io.Writer, o mirrorOptions) error {
	if o.name == "" || o.logKey == "" || o.dossier == "" {
		return usagef("%s holds no mirror yet: give --name, --log and --dossier to make one", o.data)
	}
	h, err := newHome(o.data, o.logKey, o.dossier)
	if err != nil {
		return err
	}
	h.Mirror = o.name
	pub, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return err
	}
	if err := writeKey(filepath.Join(o.data, "keys", "mirror.pem"), key); err != nil {
		return err
	}
	fmt.Fprintf(out, "for the policy: witness NAME %s ADDRESS\n", record.CosignerKey(o.name, pub))
	return h.save()
}

// newHome makes the folder of a copy of a log, with the dossier that its centre
// was founded with.
func newHome(dir, logKey, dossier string) (home, error) {
	origin, _, _ := strings.Cut(logKey, "+")
	if _, err := logPolicy(origin, logKey); err != nil {
		return home{}, usagef("--log: %w", err)
	}
	files, err := dossierFS(dossier)
	if err != nil {
		return home{}, err
	}
	_, line, err := founding(files)
	if err != nil {
		return home{}, err
	}
	return home{dir: dir, Origin: origin, Regime: truce.RegimeID(line.Name), LogKey: logKey}, copyDossier(files, filepath.Join(dir, "dossier"))
}

func runMirror(cmd *cobra.Command, h home, o mirrorOptions, now func() time.Time) (err error) {
	if o.reader != "" {
		if err := loopbackOnly(o.addr); err != nil {
			return err
		}
	}
	token, err := readToken(o.token)
	if err != nil {
		return err
	}
	c, err := h.open(cmd.Context(), now, false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	m := mirror{h, c, newCaller(token), newLog(cmd), now}
	switch {
	case o.bundle != "":
		return m.takeIn(cmd.Context(), cmd, o.bundle)
	case h.Of == "":
		return usagef("give the URL of the centre, or --bundle")
	case o.once:
		return m.once(cmd.Context(), cmd)
	}
	return m.run(cmd, o)
}

// maxToken bounds the file of a token.
const maxToken = 4096

func readToken(file string) (string, error) {
	if file == "" {
		return "", nil
	}
	b, err := readSecret(file)
	if len(b) > maxToken {
		return "", fmt.Errorf("%s: over the limit of %d bytes", file, maxToken)
	}
	return strings.TrimSpace(string(b)), err
}

// A mirror is a copy that is kept up.
type mirror struct {
	home
	c    *centre.Centre
	call caller
	log  *slog.Logger
	now  func() time.Time
}

// takeIn takes a bundle in.
func (m mirror) takeIn(ctx context.Context, cmd *cobra.Command, file string) error {
	in := cmd.InOrStdin()
	if file != "-" {
		f, err := os.Open(file)
		if err != nil {
			return usagef("--bundle: %w", err)
		}
		defer f.Close()
		in = f
	}
	if _, err := m.c.Record().PullBundle(ctx, in, record.Visit{}); err != nil {
		return err
	}
	if err := m.c.CatchUp(ctx); err != nil {
		return err
	}
	return m.settle(ctx, cmd.OutOrStdout())
}

func (m mirror) once(ctx context.Context, cmd *cobra.Command) error {
	if err := m.round(ctx); err != nil {
		return err
	}
	return m.settle(ctx, cmd.OutOrStdout())
}

// settle cosigns what is kept, and says where the copy stands.
func (m mirror) settle(ctx context.Context, out io.Writer) error {
	h, err := m.c.Record().Publish(ctx)
	if err != nil {
		return err
	}
	d, err := m.c.Digest(ctx, -1)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "kept: %d entries, root %x, digest %s\n", h.Size, h.Root, d.Digest)
	return err
}

// run pulls round after round, and serves what is kept. Evidence of a second
// history ends the pulling and not the serving.
func (m mirror) run(cmd *cobra.Command, o mirrorOptions) (err error) {
	ctx, cancel := context.WithCancel(cmd.Context())
	defer cancel()
	if err := m.c.CatchUp(ctx); err != nil {
		return err
	}
	pulled := make(chan error, 1)
	go func() { pulled <- m.pull(ctx, o.every) }()
	if o.addr == "" {
		return <-pulled
	}
	files, err := m.files()
	if err != nil {
		return err
	}
	base, err := mapOf(files)
	if err != nil {
		return err
	}
	tokens, err := readTokens(o.tokens)
	if err != nil {
		return err
	}
	options := web.Options{Centre: m.c, Map: base, Log: m.log, Mirrors: tokens, Reader: truce.OfficeID(o.reader)}
	if o.reader != "" {
		if options.Notes, err = web.OpenNotes(ctx, m.dir, m.now); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, options.Notes.Close()) }()
	}
	handler, err := web.New(options)
	if err != nil {
		return err
	}
	err = listen(ctx, o.addr, handler, func(a net.Addr) { fmt.Fprintf(cmd.OutOrStdout(), "copy of %s: http://%s\n", m.Origin, a) })
	cancel()
	return errors.Join(err, <-pulled)
}

// pull goes round until ctx is done or a second history is found.
func (m mirror) pull(ctx context.Context, every time.Duration) error {
	for {
		err := m.round(ctx)
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, record.ErrFork):
			m.log.ErrorContext(ctx, "nothing more is copied", "error", err)
			return err
		case err != nil:
			m.log.WarnContext(ctx, "this round failed, the next goes on where it ended", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(every):
		}
	}
}

// round pulls once: entries first, then the picture that the centre says it
// had, then what bulletins cite, and at last the cosignature.
func (m mirror) round(ctx context.Context) error {
	log, fetch := m.c.Record(), m.call.fetch(m.Of, firstPause)
	before, err := log.Tile(ctx, "checkpoint")
	if err != nil && !errors.Is(err, record.ErrNotFound) {
		return err
	}
	said, digestErr := m.digest(ctx, fetch) // before the head, so that it lies under it
	if _, err := log.Pull(ctx, fetch); err != nil {
		if errors.Is(err, record.ErrFork) && before != nil {
			if theirs, fetchErr := fetch(ctx, "checkpoint"); fetchErr == nil {
				m.alarm(ctx, m.log, dispute{before, theirs, log.Tile, fetch})
			}
		}
		return err
	}
	if digestErr == nil && said.Size <= log.Size() {
		if err := m.compare(ctx, said); err != nil {
			return err
		}
	}
	if err := m.c.CatchUp(ctx); err != nil {
		return err
	}
	if err := fetchBlobs(ctx, m.c, fetch); err != nil {
		return err
	}
	if _, err := log.Publish(ctx); err != nil {
		return err
	}
	return digestErr
}

// digest asks the centre where its picture stands.
func (m mirror) digest(ctx context.Context, fetch record.Fetch) (d centre.Digest, err error) {
	b, err := fetch(ctx, "api/digest")
	if err != nil {
		return d, fmt.Errorf("the centre's digest: %w", err)
	}
	return d, json.Unmarshal(b, &d)
}

// compare folds to where the centre's picture stood and compares. A difference
// under one root is no second history: engines or dossier are not the same.
func (m mirror) compare(ctx context.Context, said centre.Digest) error {
	if err := m.c.CatchUpTo(ctx, said.Size); err != nil {
		return err
	}
	ours, err := m.c.Digest(ctx, said.Size)
	if truce.KindOf(err) == truce.Conflict {
		return nil // the picture is further already: this size was compared before
	}
	if err != nil {
		return err
	}
	if ours.Root != said.Root {
		return fmt.Errorf("%w: at %d entries the centre's picture names root %s, the record has %s", record.ErrFork, said.Size, said.Root, ours.Root)
	}
	if ours == said {
		return nil
	}
	b, err := json.MarshalIndent(map[string]centre.Digest{"ours": ours, "centre": said}, "", "  ")
	if err != nil {
		return err
	}
	file, err := m.keepEvidence(fmt.Sprintf("digest-%d.json", said.Size), append(b, '\n'))
	m.log.ErrorContext(ctx, "ALARM: one record, two pictures: see "+file+", and compare releases and dossiers", "error", err)
	return fmt.Errorf("at %d entries this mirror's picture has digest %s, the centre's %s: %s is kept", said.Size, ours.Digest, said.Digest, file)
}

// fetchBlobs fetches what the record cites and is not here.
func fetchBlobs(ctx context.Context, c *centre.Centre, fetch record.Fetch) error {
	wants, err := c.Wants(ctx)
	if err != nil {
		return err
	}
	for _, d := range wants {
		name := d.String()
		data, err := fetch(ctx, "blobs/kept/"+name[:2]+"/"+name)
		if err != nil {
			return fmt.Errorf("blob %s: %w", d.Short(), err)
		}
		if truce.DigestOf(data) != d {
			return fmt.Errorf("blob %s: the other copy serves other bytes under this name", d.Short())
		}
		if _, err := c.Record().PutBlob(ctx, record.Kept, data); err != nil {
			return err
		}
	}
	return nil
}
