package main

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/mod/sumdb/note"

	"github.com/marchday/marchday/intake"
	"github.com/marchday/marchday/truce"
)

// initOptions say what a new centre is.
type initOptions struct {
	data    string
	origin  string
	dossier string
	mode    string
	db      string
	play    bool
}

func initCommand(now func() time.Time) *cobra.Command {
	var o initOptions
	cmd := &cobra.Command{
		Use:   "init",
		Short: "Found a centre of one's own",
		Long: `Make a data folder, keys for every office that the dossier's founding.json names,
and the founding entry, signed by the centre's and every co-chair's root key.

Root and office keys are written to offline/ in the folder. They bind their
offices: hand each to its office and delete it here before the first report.
Whoever holds a root key can grant keys in its office's name; whoever holds an
office key can decide for it; whoever holds a desk key can file reports for it.
None of them can speak for another office, and nothing said with a key can be
unsaid. See docs/keys.md for the ceremony.`,
		Example: "  marchday init --data geneva --origin truce.example.org/log --dossier ./my-regime\n  marchday init --data drill --origin drill.example.org/log --dossier syria-2016 --mode exercise",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return runInit(cmd, o, now) },
	}
	f := cmd.Flags()
	f.StringVar(&o.data, "data", "", "folder to make")
	f.StringVar(&o.origin, "origin", "", "name of the log: a host and path without scheme, such as truce.example.org/log")
	f.StringVar(&o.dossier, "dossier", "", "folder with founding.json, or a built-in dossier's name")
	f.StringVar(&o.mode, "mode", "real", "real, or exercise: marked on every page and export")
	f.StringVar(&o.db, "db", "", "postgres://... for the record, where one machine is outgrown; else it is kept in the folder")
	f.BoolVar(&o.play, "play", false, "say the dossier's own statements about the regime too")
	return cmd
}

func runInit(cmd *cobra.Command, o initOptions, now func() time.Time) error {
	ctx := cmd.Context()
	if o.data == "" || o.origin == "" || o.dossier == "" {
		return usagef("--data, --origin and --dossier are needed")
	}
	if o.mode != string(truce.Real) && o.mode != string(truce.Exercise) {
		return usagef("--mode: write real or exercise; the demo is made by marchday demo")
	}
	if _, err := os.Stat(filepath.Join(o.data, homeFile)); err == nil {
		return usagef("--data: %s holds a centre already", o.data)
	}
	files, err := dossierFS(o.dossier)
	if err != nil {
		return err
	}
	f, line, err := founding(files)
	if err != nil {
		return err
	}
	f.Mode = truce.Mode(o.mode)
	h := home{dir: o.data, Origin: o.origin, Regime: truce.RegimeID(line.Name), DB: o.db}
	if err := os.MkdirAll(o.data, 0o700); err != nil {
		return err
	}
	if err := copyDossier(files, filepath.Join(o.data, "dossier")); err != nil {
		return err
	}
	roots, err := h.makeKeys(f)
	if err != nil {
		return err
	}
	eng, err := openEngines(files, o.data, f.Procedure.Zone)
	if err != nil {
		return err
	}
	f.Method = eng.method()
	if err := h.save(); err != nil {
		return err
	}
	if err := h.found(ctx, f, line, roots, o.play, now); err != nil {
		return err
	}
	fmt.Fprintf(cmd.OutOrStdout(), "founded %s in %s\nlog key: %s\n\nhand each key of %s to its office, and delete it here; then: marchday serve --data %s\n",
		o.origin, o.data, h.LogKey, filepath.Join(o.data, "offline"), o.data)
	return nil
}

// copyDossier keeps the data that the regime starts from beside the record.
func copyDossier(files fs.FS, to string) error {
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return err
	}
	return os.CopyFS(to, files)
}

// makeKeys makes the log's, the desks', the offices' and the roots' keys, and
// grants them in the founding. It returns the roots in the order they sign in.
func (h *home) makeKeys(f *truce.Founding) (roots []truce.Signer, err error) {
	fresh := func(file string) (ed25519.PrivateKey, error) {
		_, key, err := ed25519.GenerateKey(rand.Reader)
		if err != nil {
			return nil, err
		}
		return key, writeKey(filepath.Join(h.dir, file), key)
	}
	log, err := fresh("keys/log.pem")
	if err != nil {
		return nil, err
	}
	if h.LogKey, err = note.NewEd25519VerifierKey(h.Origin, log.Public().(ed25519.PublicKey)); err != nil {
		return nil, err
	}
	f.Keys = nil
	grant := func(office truce.OfficeID, class truce.KeyClass, file string) (truce.Key, error) {
		key, err := fresh(file)
		if err != nil {
			return nil, err
		}
		f.Keys = append(f.Keys, truce.KeyAct{Act: truce.Grant, Office: office, Class: class, Public: key.Public().(ed25519.PublicKey)})
		return truce.Key(key), nil
	}
	for _, o := range f.Offices {
		id := string(o.ID)
		if o.Role == truce.CoChair || o.Role == truce.Centre {
			root, err := grant(o.ID, truce.RootKey, "offline/"+id+"-root.pem")
			if err != nil {
				return nil, err
			}
			roots = append(roots, root)
		}
		_, err1 := grant(o.ID, truce.OfficeKey, "offline/"+id+"-office.pem")
		_, err2 := grant(o.ID, truce.DeskKey, "keys/desk-"+id+".pem")
		if err := errors.Join(err1, err2); err != nil {
			return nil, err
		}
	}
	return roots, nil
}

// found opens the new centre, says entry 0, and with play what the dossier says
// of the regime, with the office keys that were just made.
func (h *home) found(ctx context.Context, f *truce.Founding, line intake.Line, roots []truce.Signer, play bool, now func() time.Time) (err error) {
	c, err := h.open(ctx, now, false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	say := func(office truce.OfficeID, desk string, body truce.Body, keys ...truce.Signer) error {
		e, err := truce.Seal(truce.NewStatement(h.Origin, h.Regime, office, desk, truce.At(now()), body), keys...)
		if err != nil {
			return err
		}
		_, err = c.Submit(ctx, e.Bytes())
		return err
	}
	if err := say(line.Office, line.Desk, f, roots...); err != nil {
		return err
	}
	if !play {
		return c.CatchUp(ctx)
	}
	files, err := h.files()
	if err != nil {
		return err
	}
	for l, err := range intake.Dossier(files) {
		if err != nil {
			return err
		}
		if info, _ := truce.InfoOf(l.Kind); info.Group != truce.GroupRegime {
			continue
		}
		body, err := l.Resolve(func(ref string) (string, error) {
			return "", fmt.Errorf("%q: the regime's statements name no others here", ref)
		})
		if err != nil {
			return err
		}
		key, err := readKey(filepath.Join(h.dir, "offline", string(l.Office)+"-office.pem"))
		if err != nil {
			return err
		}
		if err := say(l.Office, l.Desk, body, truce.Key(key)); err != nil {
			return fmt.Errorf("%s:%d: %w", l.File, l.Row, err)
		}
	}
	return c.CatchUp(ctx)
}
