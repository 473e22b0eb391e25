package main

import (
	"context"
	"crypto/ed25519"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/marchday/marchday/centre"
	"github.com/marchday/marchday/intake"
	"github.com/marchday/marchday/truce"
	"github.com/marchday/marchday/vault"
)

// home is the data folder of a centre: what is needed to open it, beside
// record, picture, blobs and keys.
type home struct {
	dir       string
	Origin    string         `json:"origin"`
	Regime    truce.RegimeID `json:"regime"`
	Dossier   string         `json:"dossier"`             // a built-in dossier's name, or empty: the folder dossier/ in here
	LogKey    string         `json:"log_key"`             // verifier key of the log
	DemoClock truce.Instant  `json:"demo_clock,omitzero"` // the demo's: where its clock was left
	DB        string         `json:"db,omitempty"`
	Mirror    string         `json:"mirror,omitempty"` // name of this folder's key where it is a copy
	Of        string         `json:"of,omitempty"`     // address that it copies; empty: it is fed with bundles

	seen  [][]byte     // heads that witnesses and mirrors hold, for open
	vault *vault.Vault // for open; nil: nothing is taken in confidence
}

// policyFile holds the text of whose signatures count, where there are others
// than the log's own.
const policyFile = "policy"

// maxPolicy bounds that file.
const maxPolicy = 64 << 10

// policy returns the text of the policy: the folder's, or the log's key alone.
func (h home) policy() (string, error) {
	b, err := os.ReadFile(filepath.Join(h.dir, policyFile))
	if errors.Is(err, os.ErrNotExist) {
		return "log " + h.LogKey + "\nquorum none\n", nil
	}
	if len(b) > maxPolicy {
		return "", fmt.Errorf("%s: over the limit of %d bytes", filepath.Join(h.dir, policyFile), maxPolicy)
	}
	return string(b), err
}

const homeFile = "centre.json"

func (h home) save() error {
	b, err := json.MarshalIndent(h, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(h.dir, homeFile), append(b, '\n'), 0o600)
}

func openHome(dir string) (home, error) {
	h := home{dir: dir}
	b, err := os.ReadFile(filepath.Join(dir, homeFile))
	if errors.Is(err, os.ErrNotExist) {
		return h, usagef("--data: %s holds no centre: make one with marchday init, or marchday demo --no-serve --data %s", dir, dir)
	}
	if err != nil {
		return h, err
	}
	if err := json.Unmarshal(b, &h); err != nil {
		return h, fmt.Errorf("%s: %w", filepath.Join(dir, homeFile), err)
	}
	return h, nil
}

// files returns the dossier that the centre was founded with.
func (h home) files() (fs.FS, error) {
	if h.Dossier == "" {
		return os.DirFS(filepath.Join(h.dir, "dossier")), nil
	}
	return dossierFS(h.Dossier)
}

// demo reports whether the centre is the demo, whose keys are public.
func (h home) demo() bool { return h.Origin == demoOrigin }

// founding reads the dossier's first statement: the zone that texts are read in.
func founding(files fs.FS) (*truce.Founding, intake.Line, error) {
	for l, err := range intake.Dossier(files) {
		if err != nil {
			return nil, l, err
		}
		body, err := l.Resolve(func(string) (string, error) { return "", errors.New("a founding names nothing") })
		if err != nil {
			return nil, l, err
		}
		f, ok := body.(*truce.Founding)
		if !ok {
			return nil, l, fmt.Errorf("%s: the first line is the founding", l.File)
		}
		return f, l, nil
	}
	return nil, intake.Line{}, errors.New("the dossier is empty")
}

// open opens the centre of a data folder with the keys that it holds.
func (h home) open(ctx context.Context, now func() time.Time, readOnly bool) (*centre.Centre, error) {
	files, err := h.files()
	if err != nil {
		return nil, err
	}
	f, _, err := founding(files)
	if err != nil {
		return nil, err
	}
	eng, err := openEngines(files, h.dir, f.Procedure.Zone)
	if err != nil {
		return nil, err
	}
	o := centre.Options{
		Origin: h.Origin, Dir: h.dir, DB: h.DB, Now: now, Regime: h.Regime, ReadOnly: readOnly, Sequencer: !readOnly,
		Extract: eng.extract, Gazetteer: eng.gazetteer, Model: eng.model, Method: eng.method(), Seen: h.seen, Vault: h.vault,
	}
	if o.Policy, err = h.policy(); err != nil {
		return nil, err
	}
	if readOnly {
		return centre.Open(ctx, o)
	}
	if h.Mirror != "" {
		o.Name, o.Sequencer = h.Mirror, false
		if o.LogKey, err = readKey(filepath.Join(h.dir, "keys", "mirror.pem")); err != nil {
			return nil, err
		}
		return centre.Open(ctx, o)
	}
	if h.demo() {
		o.LogKey = demoLogKey()
		o.Desks, _ = grantDemoKeys(f)
	} else if o.LogKey, o.Desks, err = h.centreKeys(f); err != nil {
		return nil, err
	}
	c, err := centre.Open(ctx, o)
	if err != nil {
		return nil, err
	}
	if err := eng.keepWords(ctx, c); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

// centreKeys reads the log's key and those of the desks that are here.
func (h home) centreKeys(f *truce.Founding) (log ed25519.PrivateKey, desks map[truce.OfficeID]truce.Signer, err error) {
	if log, err = readKey(filepath.Join(h.dir, "keys", "log.pem")); err != nil {
		return nil, nil, err
	}
	desks = map[truce.OfficeID]truce.Signer{}
	for _, office := range f.Offices {
		key, err := readKey(filepath.Join(h.dir, "keys", "desk-"+string(office.ID)+".pem"))
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, nil, err
		}
		desks[office.ID] = truce.Key(key)
	}
	return log, desks, nil
}

const keyType = "MARCHDAY ED25519 SEED"

// readKey reads a private key, and refuses a file that others can read.
func readKey(file string) (ed25519.PrivateKey, error) {
	b, err := readSecret(file)
	if err != nil {
		return nil, err
	}
	return parseKey(b, file)
}

func parseKey(b []byte, file string) (ed25519.PrivateKey, error) {
	block, _ := pem.Decode(b)
	if block == nil || block.Type != keyType || len(block.Bytes) != ed25519.SeedSize {
		return nil, fmt.Errorf("%s: not a key of marchday", file)
	}
	return ed25519.NewKeyFromSeed(block.Bytes), nil
}

// readSecret reads a file of keys or tokens, and refuses one that others can
// read.
func readSecret(file string) ([]byte, error) {
	info, err := os.Stat(file)
	if err != nil {
		return nil, err
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("%s: others can read this: chmod 600 it, and replace what it holds if somebody may have", file)
	}
	return os.ReadFile(file)
}

// writeKey keeps a private key in a new file that only its owner can read.
func writeKey(file string, key ed25519.PrivateKey) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	return errors.Join(pem.Encode(f, &pem.Block{Type: keyType, Bytes: key.Seed()}), f.Close())
}

// clock returns the clock that the centre is opened with: the machine's, or for
// the demo the time up to which its dossier was played.
func (h home) clock(now func() time.Time) func() time.Time {
	if !h.demo() || h.DemoClock == 0 {
		return now
	}
	return h.DemoClock.Time
}
