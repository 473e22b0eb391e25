package main

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/marchday/marchday/record"
)

// witnessHome is the data folder of a witness, beside its store and its key.
type witnessHome struct {
	dir  string
	Name string   `json:"name"`
	Logs []string `json:"logs"` // verifier keys
}

const witnessFile = "witness.json"

func witnessCommand(now func() time.Time) *cobra.Command {
	var data, name, addr, evidence string
	var logs []string
	cmd := &cobra.Command{
		Use:   "witness",
		Short: "Cosign a centre's heads, each only if it continues the one before",
		Long: `Answer C2SP tlog-witness requests for the logs named with --log. The first run
makes a key and prints the line that the centre's policy needs. Run it on the
office's own hardware, away from the centre; it reads no statement.

A request that contradicts what was cosigned is refused and kept: --evidence
writes these out, and marchday verify explains them.

Who holds this folder's key can vouch for any history in this office's name, yet
not sign one: that takes the log's key too. Who can set the folder back to an
earlier state can make it cosign two histories. Who stops it stops only its own
cosignature: the centre goes on, and shows whose is missing.`,
		Example: "  marchday witness --data us-witness --name us-1.example.org --log 'truce.example.org/log+...' --addr 127.0.0.1:8090\n  marchday witness --data us-witness\n  marchday witness --data us-witness --evidence found/",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			h, err := openWitnessHome(data, name, logs)
			if err != nil {
				return err
			}
			return runWitness(cmd, h, addr, evidence, now)
		},
	}
	f := cmd.Flags()
	f.StringVar(&data, "data", "", "folder of the witness")
	f.StringVar(&name, "name", "", "name of its key, such as us-1.example.org; needed the first time")
	f.StringArrayVar(&logs, "log", nil, "verifier key of a log to cosign; may be repeated; kept in the folder")
	f.StringVar(&addr, "addr", "127.0.0.1:8090", "address to listen on")
	f.StringVar(&evidence, "evidence", "", "write the kept contradictions into this folder and exit")
	return cmd
}

// openWitnessHome reads the folder, or makes it with a key of its own.
func openWitnessHome(dir, name string, logs []string) (witnessHome, error) {
	h := witnessHome{dir: dir}
	if dir == "" {
		return h, usagef("--data is needed")
	}
	file := filepath.Join(dir, witnessFile)
	b, err := os.ReadFile(file)
	switch {
	case errors.Is(err, os.ErrNotExist):
		if name == "" || len(logs) == 0 {
			return h, usagef("%s holds no witness yet: give --name and --log to make one", dir)
		}
		_, key, err := ed25519.GenerateKey(rand.Reader)
		if err != nil {
			return h, err
		}
		if err := writeKey(filepath.Join(dir, "keys", "witness.pem"), key); err != nil {
			return h, err
		}
		h.Name = name
	case err != nil:
		return h, err
	default:
		if err := json.Unmarshal(b, &h); err != nil {
			return h, fmt.Errorf("%s: %w", file, err)
		}
		if name != "" && name != h.Name {
			return h, usagef("--name: this witness is %s; another needs a folder and key of its own", h.Name)
		}
	}
	for _, l := range logs {
		if !slices.Contains(h.Logs, l) {
			h.Logs = append(h.Logs, l)
		}
	}
	if _, err := record.ParsePolicy(h.policy()); err != nil {
		return h, usagef("--log: %w", err)
	}
	if b, err = json.MarshalIndent(h, "", "  "); err != nil {
		return h, err
	}
	return h, os.WriteFile(file, append(b, '\n'), 0o600)
}

// policy is the text of the logs that are cosigned.
func (h witnessHome) policy() string {
	return "log " + strings.Join(h.Logs, "\nlog ") + "\nquorum none\n"
}

func (h witnessHome) open(ctx context.Context, now func() time.Time) (*record.Witness, error) {
	key, err := readKey(filepath.Join(h.dir, "keys", "witness.pem"))
	if err != nil {
		return nil, err
	}
	return record.OpenWitness(ctx, record.WitnessOptions{Dir: h.dir, Name: h.Name, Signer: key, Now: now, Logs: h.policy()})
}

func runWitness(cmd *cobra.Command, h witnessHome, addr, evidence string, now func() time.Time) (err error) {
	ctx := cmd.Context()
	w, err := h.open(ctx, now)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.Close()) }()
	if evidence != "" {
		return writeEvidence(ctx, cmd.OutOrStdout(), w, evidence)
	}
	return listen(ctx, addr, w, func(a net.Addr) {
		fmt.Fprintf(cmd.OutOrStdout(), "witness: http://%s\nfor the policy: witness NAME %s http://%s\n", a, w.Key(), a)
	})
}

// writeEvidence writes out what was refused as a contradiction.
func writeEvidence(ctx context.Context, out io.Writer, w *record.Witness, dir string) error {
	all, err := w.Evidence(ctx)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	for i, e := range all {
		b, err := record.EvidenceOf(e)
		if err != nil {
			return err
		}
		file := filepath.Join(dir, fmt.Sprintf("evidence-%d.json", i+1))
		if err := os.WriteFile(file, b, 0o600); err != nil {
			return err
		}
		fmt.Fprintf(out, "%s: %s, refused with %d at %s\n", file, e.Origin, e.Status, time.UnixMilli(e.At).UTC().Format(time.RFC3339))
	}
	_, err = fmt.Fprintf(out, "%d contradictions kept\n", len(all))
	return err
}
