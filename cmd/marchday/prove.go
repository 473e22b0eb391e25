package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/marchday/marchday/centre"
	"github.com/marchday/marchday/picture"
	"github.com/marchday/marchday/record"
	"github.com/marchday/marchday/truce"
)

func replayCommand(now func() time.Time) *cobra.Command {
	var data string
	var at int64
	var digest, asJSON bool
	var batch int
	cmd := &cobra.Command{
		Use:   "replay",
		Short: "Recompute the picture from the record",
		Long: `Fold the record anew into a picture of its own and print where it stands, with
--digest the digest of all its rows. The same record gives the same digest on
every machine. The centre's own picture is not touched.

Whoever changed the picture, and not the record, is found out by the digest;
whoever changed this program or the dossier beside it, by another's replay.`,
		Example: "  marchday replay --data demo --digest\n  marchday replay --data demo --at 100 --digest",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			h, err := openHome(data)
			if err != nil {
				return err
			}
			return replay(cmd, h, at, batch, digest, asJSON, now)
		},
	}
	f := cmd.Flags()
	f.StringVar(&data, "data", "", "folder of the centre")
	f.Int64Var(&at, "at", -1, "fold only so many entries")
	f.BoolVar(&digest, "digest", false, "print the digest of all rows")
	f.BoolVar(&asJSON, "json", false, "print JSON")
	f.IntVar(&batch, "batch", centre.MaxBatch, "entries in one transaction, at most; the digest does not depend on it")
	return cmd
}

func replay(cmd *cobra.Command, h home, at int64, batch int, digest, asJSON bool, now func() time.Time) (err error) {
	ctx := cmd.Context()
	if batch < 1 {
		return usagef("--batch: at least 1")
	}
	dir, err := os.MkdirTemp("", "marchday-replay-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	p, err := picture.Open(ctx, filepath.Join(dir, "picture.db"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	c, err := h.open(ctx, now, true)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	if at < 0 {
		at = c.Record().Size()
	}
	pos, err := c.Replay(ctx, p, at, batch)
	if err != nil {
		return err
	}
	out := struct {
		Size   int64        `json:"size"`
		Root   truce.Digest `json:"root"`
		Digest truce.Digest `json:"digest,omitzero"`
	}{Size: pos.Size, Root: pos.Root}
	if digest {
		if out.Digest, err = p.Digest(ctx); err != nil {
			return err
		}
	}
	if asJSON {
		return json.NewEncoder(cmd.OutOrStdout()).Encode(out)
	}
	if digest {
		_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s\n", out.Digest)
		return err
	}
	_, err = fmt.Fprintf(cmd.OutOrStdout(), "%d entries, root %s\n", out.Size, out.Root)
	return err
}

func exportCommand(now func() time.Time) *cobra.Command {
	var data, to string
	var since int64
	cmd := &cobra.Command{
		Use:   "export",
		Short: "Write the record as one bundle that anyone can verify",
		Long: `Write tiles, entries, inputs, heads and policy as one uncompressed archive in
which every byte is protected. It goes by USB stick, mail or HTTP alike.

Whoever holds a bundle reads every entry in it, whatever its marking: it is for
those who may. They cannot change a byte unseen. Of sources it holds a pseudonym
and a commitment, nothing else.`,
		Example: "  marchday export --data demo -o bundle.tar\n  marchday export --data demo --since 200 -o rest.tar",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			h, err := openHome(data)
			if err != nil {
				return err
			}
			c, err := h.open(cmd.Context(), now, false)
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, c.Close()) }()
			if _, err := c.Record().Publish(cmd.Context()); err != nil {
				return err
			}
			house, err := c.View(truce.Viewer{}).House(cmd.Context())
			if err != nil && truce.KindOf(err) != truce.Unknown {
				return err
			}
			fmt.Fprintf(cmd.ErrOrStderr(), "%s: the bundle holds every entry, whatever its marking\n%s", truce.TLPAmber, notMeant(house.Mode))
			w := cmd.OutOrStdout()
			if to != "-" {
				f, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
				if err != nil {
					return err
				}
				defer func() { err = errors.Join(err, f.Close()) }()
				w = f
			}
			return c.Record().Export(cmd.Context(), w, record.Bundle{Since: since})
		},
	}
	f := cmd.Flags()
	f.StringVar(&data, "data", "", "folder of the centre")
	f.StringVarP(&to, "out", "o", "-", "file to write, - for standard output")
	f.Int64Var(&since, "since", 0, "leave out the entries before this index")
	return cmd
}

func verifyCommand() *cobra.Command {
	var key, origin, receipt string
	var number int
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "verify FILE|DIR",
		Short: "Prove a bundle or a data folder, offline",
		Long: `Check every byte of a bundle, or of a centre's folder: tree, tiles, entries,
heads and cosignatures, and then every statement's signature against the keys
that were good at its index. It needs no network and no database. Exit code 1
says that something does not hold, and where.

An evidence file, as mirrors and witnesses keep them, is explained: what it
proves against the log, and that it does. With --receipt, a receipt that the log
signed is held against the entries: one that is not honoured proves misbehaviour.

With --case it also prints the path of that case: who said what, in which order,
under which rule and procedure, by which key.

Whoever made the copy can have left out its newest entries, which a newer head
or a receipt shows; nothing else can be false that this finds to hold, if the
key given with --key came from the paper signed at the founding. Whoever
controls this machine can make it say anything: verify on your own.`,
		Example: "  marchday verify bundle.tar\n  marchday verify demo\n  marchday verify --case 3 bundle.tar",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usagef("name a bundle, a folder, or - for standard input")
			}
			if text, ok := evidenceFile(args[0]); ok {
				return explain(cmd.OutOrStdout(), text, origin, key)
			}
			if cmd.Flags().Changed("case") && number < 1 {
				return usagef("--case: give a case's number, from 1")
			}
			return verify(cmd, args[0], receipt, origin, key, number, asJSON)
		},
	}
	f := cmd.Flags()
	f.StringVar(&key, "key", "", "verifier key of the log; left out, the demo's key is taken for the demo's origin")
	f.StringVar(&origin, "origin", demoOrigin, "origin that the log must have")
	f.StringVar(&receipt, "receipt", "", "file with a signed receipt that the entries must honour")
	f.IntVar(&number, "case", 0, "also prove the path of the case of this number")
	f.BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// evidenceFile returns the text of a file that is JSON, as evidence is.
func evidenceFile(name string) ([]byte, bool) {
	info, err := os.Stat(name)
	if err != nil || info.IsDir() || info.Size() > maxBodyFile {
		return nil, false
	}
	b, err := os.ReadFile(name)
	return b, err == nil && bytes.HasPrefix(b, []byte("{"))
}

// explain says what evidence proves.
func explain(out io.Writer, text []byte, origin, key string) error {
	p, err := logPolicy(origin, key)
	if err != nil {
		return err
	}
	what, err := record.CheckEvidence(text, p)
	if errors.Is(err, record.ErrNoContradiction) {
		return fmt.Errorf("this proves nothing against %s: both heads may be of one history: %w", origin, err)
	}
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "proved by the log's own signatures: %s\nno one history has both: its key or its operator has shown a second one\n", what)
	return err
}

// honoured makes a visit that also holds a signed receipt against the entries.
func honoured(v record.Visit, file string, p record.Policy) (visit record.Visit, after func(size int64) error, err error) {
	if file == "" {
		return v, func(int64) error { return nil }, nil
	}
	b, err := os.ReadFile(file)
	if err != nil {
		return v, nil, usagef("--receipt: %w", err)
	}
	r, err := record.OpenReceipt(b, p)
	if err != nil {
		return v, nil, err
	}
	seen, inner := [32]byte{}, v.Entry
	v.Entry = func(e record.Entry) error {
		if e.Index == r.Index {
			seen = record.LeafHash(e.RecvAt, e.Body)
		}
		return inner(e)
	}
	return v, func(size int64) error {
		if r.Index >= size {
			return fmt.Errorf("the receipt of %s is for entry %d, and this copy ends at %d entries: if the log's newest head ends there too, 60 s after the receipt, that proves misbehaviour", time.UnixMilli(r.RecvAt).UTC().Format(time.RFC3339), r.Index, size)
		}
		if seen != r.Leaf {
			return fmt.Errorf("MISBEHAVIOUR, by the log's own signatures: its receipt says that entry %d has leaf %x, and under its head it has %x", r.Index, r.Leaf, seen)
		}
		return nil
	}, nil
}

// verified is what a verification found.
type verified struct {
	Size       int64        `json:"size"`
	Root       truce.Digest `json:"root"`
	Statements int64        `json:"statements"`
	Refused    int64        `json:"refused"` // in the record, and of no effect
	Cosigned   []string     `json:"cosigned,omitempty"`
	Mode       truce.Mode   `json:"mode,omitempty"` // of its founding; empty where this copy does not begin with it
}

// founded notes the mode of the founding, when it comes by.
func (v *verified) founded(visit record.Visit) record.Visit {
	inner := visit.Entry
	visit.Entry = func(e record.Entry) error {
		if e.Index == 0 {
			if env, err := truce.ParseEnvelope(e.Body); err == nil {
				if st, err := truce.DecodeBody(env.Payload); err == nil {
					if f, ok := st.Body.(*truce.Founding); ok {
						v.Mode = f.Mode
					}
				}
			}
		}
		return inner(e)
	}
	return visit
}

// notMeant is the line that an export of an exercise or a demonstration comes
// with; empty for a real origin.
func notMeant(m truce.Mode) string {
	if m == truce.Real || m == "" {
		return ""
	}
	return strings.ToUpper(string(m)) + ": nothing in this record happened as it is told here\n"
}

func verify(cmd *cobra.Command, what, receipt, origin, key string, number int, asJSON bool) error {
	ctx := cmd.Context()
	policy, err := logPolicy(origin, key)
	if err != nil {
		return err
	}
	var v verified
	count := func(admitted bool) {
		v.Statements++
		if !admitted {
			v.Refused++
		}
	}
	visit, end := centre.Audit(count)
	var audit *caseAudit
	if number > 0 {
		audit, visit = auditCase(number, count)
	}
	visit, honours, err := honoured(visit, receipt, policy)
	if err != nil {
		return err
	}
	visit = v.founded(visit)
	head, joint, err := verifyWhat(ctx, cmd.InOrStdin(), what, policy, visit)
	if err != nil {
		return err
	}
	end()
	if err := honours(head.Size); err != nil {
		return err
	}
	v.Size, v.Root, v.Cosigned = head.Size, head.Root, joint.Signers
	if asJSON {
		err = json.NewEncoder(cmd.OutOrStdout()).Encode(v)
	} else {
		err = v.print(cmd.OutOrStdout())
	}
	if err != nil || audit == nil {
		return err
	}
	proved, err := audit.end()
	if err != nil {
		return err
	}
	return proved.report(cmd.OutOrStdout(), asJSON)
}

func (v verified) print(out io.Writer) error {
	_, err := fmt.Fprintf(out, "holds: %d entries, root %s, %d statements signed by keys good at their index, %d refused and of no effect\n%s",
		v.Size, v.Root, v.Statements-v.Refused, v.Refused, notMeant(v.Mode))
	return err
}

func verifyWhat(ctx context.Context, in io.Reader, what string, p record.Policy, v record.Visit) (signed, joint record.Head, err error) {
	if what != "-" {
		info, err := os.Stat(what)
		if err != nil {
			return signed, joint, usagef("%w", err)
		}
		if info.IsDir() {
			return record.Verify(ctx, what, p, v)
		}
		f, err := os.Open(what)
		if err != nil {
			return signed, joint, err
		}
		defer f.Close()
		in = f
	}
	return record.VerifyBundle(ctx, in, p, v)
}

// logPolicy returns the policy that a log is verified with: the key that the
// reader trusts, by default the demo's for the demo's origin.
func logPolicy(origin, key string) (record.Policy, error) {
	if key == "" {
		if origin != demoOrigin {
			return record.Policy{}, usagef("--key: give the verifier key of %s, as the centre publishes it", origin)
		}
		key = demoVerifierKey()
	}
	p, err := record.ParsePolicy("log " + key + "\nquorum none\n")
	if err != nil {
		return p, usagef("--key: %w", err)
	}
	return p, nil
}
