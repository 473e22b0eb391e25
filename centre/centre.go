// Package centre is the office of the house: it takes statements in, appends
// them to the record, follows the record into the picture, and closes the day.
// Only centre appends, only centre applies to the picture, only centre reaches
// the vault. It decides nothing: what an office may say is the Book's to judge,
// and what follows is the fold's to compute.
//
// What an attacker with this process can do: read what its readers may read,
// sign as the desks whose keys it holds, refuse or delay statements (a receipt
// that is not honoured proves it). They cannot speak for an office, whose key
// is elsewhere, nor change what a mirror or witness has seen.
package centre

import (
	"context"
	"crypto"
	crand "crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/marchday/marchday/extract"
	"github.com/marchday/marchday/gazetteer"
	"github.com/marchday/marchday/link"
	"github.com/marchday/marchday/picture"
	"github.com/marchday/marchday/record"
	"github.com/marchday/marchday/truce"
	"github.com/marchday/marchday/vault"
)

// Options of a Centre. Origin, Dir, Now and the engines must be given.
type Options struct {
	// Origin names the log; see record.Options.
	Origin string
	// Dir holds record, picture and blobs.
	Dir string
	// DB is the URL of a PostgreSQL record; empty keeps it in Dir. Who can
	// write there can stop the centre, and cannot rewrite what is cosigned.
	DB string
	// Now is the clock.
	Now func() time.Time
	// Name is the name of LogKey where this is a mirror: it then cosigns what it
	// keeps, and nothing is said to it. Empty: the log's own key.
	Name string
	// Seen are signed heads of this origin that witnesses and mirrors hold: a
	// shorter or another history is never signed; see record.Options.
	Seen [][]byte
	// LogKey signs checkpoints. Who holds it can start a second history, which
	// witnesses refuse.
	LogKey crypto.Signer
	// Policy says whose signatures make a head, as record.ParsePolicy reads it;
	// needed where LogKey is not given. Empty: the log's own and no quorum.
	Policy string
	// Desks are the desk keys that this process signs intake and clerical
	// statements with. In a demo they are every office's keys.
	Desks map[truce.OfficeID]truce.Signer
	// Sequencer says that this process appends what a rule asks for: cases at a
	// threshold. Mirrors never do.
	Sequencer bool
	// Regime is the regime that the record is about.
	Regime truce.RegimeID
	// Extract, Gazetteer and Model are the engines that the fold runs.
	Extract   *extract.Engine
	Gazetteer *gazetteer.Gazetteer
	Model     link.Model
	// Method names them and what they read, to be held against what the record
	// names. Zero: nothing is known of them.
	Method truce.Method
	// Vault keeps who the sources are. Nil: nothing is taken in confidence. The
	// centre does not close it. Who controls this process reads what is confided
	// from then on, before it is sealed.
	Vault *vault.Vault
	// Chance mixes what waited, before it goes on the record. Nil: seeded by the
	// machine's own randomness.
	Chance *rand.Rand
	// Log takes what an operator should know: indexes and identifiers only,
	// never words or names. Nil discards.
	Log *slog.Logger
	// ReadOnly opens a copy that nothing is said to: a mirror's, or for verify.
	ReadOnly bool
}

// Centre is an open centre.
type Centre struct {
	o       Options
	log     *record.Log
	picture *picture.Picture

	shared bool   // the picture is another process's to write
	aside  string // folder of a picture of this reader's own

	edge *truce.Book // the Book at the log's edge; of admit and reset alone, Verify excepted

	verified sync.Map // StatementID -> *truce.Said, while their Add is under way

	mu   sync.Mutex // guards fold
	fold *fold      // the follower's memory; nil until CatchUp made it

	watch sync.Cond // on mu; told after each fold

	confiding sync.Mutex // one hand on what waits in the vault, and on Chance
	peers     peerBook
	digests   digestBook
}

// Open opens or makes the centre in o.Dir. A picture that does not stand on
// this record is deleted, and replayed by the next CatchUp.
func Open(ctx context.Context, o Options) (*Centre, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Chance == nil {
		var seed [32]byte
		crand.Read(seed[:])
		o.Chance = rand.New(rand.NewChaCha8(seed))
	}
	c := &Centre{o: o, edge: truce.NewBook()}
	c.watch.L = &c.mu
	url := "sqlite:" + o.Dir
	if o.DB != "" {
		url = o.DB
	}
	var err error
	r := record.Options{Origin: o.Origin, Name: o.Name, Now: o.Now, Signer: o.LogKey, Policy: o.Policy, Dir: o.Dir, ReadOnly: o.ReadOnly, Seen: o.Seen}
	if !c.Copy() {
		r.Admit, r.Reset = c.admit, c.reset
	}
	if c.log, err = record.Open(ctx, url, r); err != nil {
		return nil, err
	}
	if err := c.open(ctx); err != nil {
		return nil, errors.Join(err, c.log.Close())
	}
	return c, nil
}

func (c *Centre) open(ctx context.Context) error {
	if !c.Copy() {
		if err := c.rebuildEdge(ctx, c.log.Size()); err != nil {
			return err
		}
	}
	file := filepath.Join(c.o.Dir, pictureFile)
	if c.o.ReadOnly {
		return c.openBeside(ctx, file)
	}
	p, err := picture.Open(ctx, file)
	if err == nil {
		var stands bool
		if stands, err = c.stands(ctx, p); err == nil && !stands {
			err = errors.Join(p.Close(), picture.ErrStale)
		}
	}
	if errors.Is(err, picture.ErrStale) {
		c.o.Log.InfoContext(ctx, "picture does not stand on this record, it will be replayed")
		for _, f := range []string{file, file + "-wal", file + "-shm"} {
			if err := os.Remove(f); err != nil && !errors.Is(err, os.ErrNotExist) {
				return fmt.Errorf("delete picture: %w", err)
			}
		}
		p, err = picture.Open(ctx, file)
	}
	c.picture = p
	return err
}

// pictureFile is the picture's name in the folder.
const pictureFile = "picture.db"

// openBeside opens the picture for a reader beside a centre that may be running:
// it is neither deleted nor written. One that does not stand on the record as
// this process read it is left alone, and CatchUp makes another in a folder of
// its own.
func (c *Centre) openBeside(ctx context.Context, file string) error {
	p, err := picture.OpenReadOnly(ctx, file)
	if err == nil {
		var stands bool
		if stands, err = c.stands(ctx, p); err == nil && stands {
			c.picture, c.shared = p, true
			return nil
		}
		err = errors.Join(err, p.Close())
	}
	if err != nil && !errors.Is(err, picture.ErrStale) && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return c.stepAside(ctx)
}

// stepAside gives a reader a picture of its own, a copy of the shared one where
// there is one. Close removes it.
func (c *Centre) stepAside(ctx context.Context) (err error) {
	if c.aside, err = os.MkdirTemp(c.o.Dir, "reading-"); err != nil {
		return fmt.Errorf("make a picture to read: %w", err)
	}
	file := filepath.Join(c.aside, pictureFile)
	if c.shared {
		if err := errors.Join(c.picture.CopyTo(ctx, file), c.picture.Close()); err != nil {
			return err
		}
	}
	c.shared, c.fold = false, nil
	c.picture, err = picture.Open(ctx, file)
	return err
}

// stands reports whether a picture is of a beginning of this record.
func (c *Centre) stands(ctx context.Context, p *picture.Picture) (bool, error) {
	at, err := p.Position(ctx)
	if err != nil || at.Size == 0 {
		return err == nil, err
	}
	if at.Size > c.log.Size() {
		return false, nil
	}
	root, err := c.log.Root(ctx, at.Size)
	return root == at.Root, err
}

// Copy reports whether this is a copy that nothing is said to: a mirror, or
// opened for reading only.
func (c *Centre) Copy() bool { return c.o.ReadOnly || c.o.Name != "" }

// Close closes picture and record.
func (c *Centre) Close() error {
	err := errors.Join(c.picture.Close(), c.log.Close())
	if c.aside != "" {
		err = errors.Join(err, os.RemoveAll(c.aside))
	}
	return err
}

// Picture returns the picture, for reading through View.
func (c *Centre) Picture() *picture.Picture { return c.picture }

// Record returns the log, for its public files and proofs.
func (c *Centre) Record() *record.Log { return c.log }

// Method names the engines that are run here.
func (c *Centre) Method() truce.Method { return c.o.Method }

// Now returns the centre's clock.
func (c *Centre) Now() truce.Instant { return truce.At(c.o.Now()) }

// View returns what a viewer sees now.
func (c *Centre) View(v truce.Viewer) *picture.View { return c.picture.View(v, -1, c.Now()) }
