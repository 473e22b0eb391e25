package main

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"

	"github.com/marchday/marchday/truce"
	"github.com/marchday/marchday/vault"
)

// maxBodyFile bounds what sign and submit read.
const maxBodyFile = 1 << 20

// signOptions say what is signed, and with which key.
type signOptions struct {
	key, agentKey  string
	sealed         string
	parts          []string
	origin, regime string
	office, desk   string
	kind, madeAt   string
}

func signCommand(now func() time.Time) *cobra.Command {
	var o signOptions
	cmd := &cobra.Command{
		Use:   "sign BODY.json",
		Short: "Sign a statement off the server, with an office's key",
		Long: `Read the body of a statement, head it, sign it, and print the envelope that
marchday submit or the page of statements takes. The key is a file that only you
can read, one in your ssh-agent (a hardware key behind it, say), or one that vault
seal sealed to holders, of whom enough give their --part.

Whoever holds the key, or this machine while it signs, can speak for the office
until the key is revoked; each word of theirs stands on the record under the
key's name. They cannot speak for another office, nor date anything back.`,
		Example: "  marchday sign --key us-office.pem --origin truce.example.org/log --regime syria --office us --kind dissent dissent.json > dissent.dsse\n  marchday sign --agent us@key ... reading.json | marchday submit --url https://truce.example.org -",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return sign(cmd, args[0], o, now)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.key, "key", "", "file of the private key; whoever reads it speaks for the office")
	f.StringVar(&o.agentKey, "agent", "", "comment of an Ed25519 key in the ssh-agent")
	f.StringVar(&o.sealed, "sealed", "", "file of a key that is sealed to holders of parts")
	f.StringArrayVar(&o.parts, "part", nil, "file with a holder's part of it, from vault part; once for each")
	f.StringVar(&o.origin, "origin", demoOrigin, "origin of the record")
	f.StringVar(&o.regime, "regime", "", "regime of the record")
	f.StringVar(&o.office, "office", "", "office that says it")
	f.StringVar(&o.desk, "desk", "", "desk or person of the office")
	f.StringVar(&o.kind, "kind", "", "kind of statement")
	f.StringVar(&o.madeAt, "made-at", "", "your time, RFC 3339 (default: now)")
	return cmd
}

func sign(cmd *cobra.Command, file string, o signOptions, now func() time.Time) error {
	if o.regime == "" || o.office == "" || o.kind == "" || len(slices.DeleteFunc([]string{o.key, o.agentKey, o.sealed}, func(s string) bool { return s == "" })) != 1 {
		return usagef("--regime, --office, --kind and one of --key, --agent and --sealed are needed")
	}
	info, ok := truce.InfoOf(truce.Kind(o.kind))
	if !ok {
		return usagef("--kind: %q is no kind of statement", o.kind)
	}
	body, err := readAll(cmd.InOrStdin(), file)
	if err != nil {
		return err
	}
	made := o.madeAt
	if made == "" {
		made = truce.At(now()).String()
	}
	head, err := json.Marshal(map[string]any{
		"origin": o.origin, "regime": o.regime, "kind": o.kind, "v": info.Version, "office": o.office, "desk": o.desk,
		"made_at": made, "body": json.RawMessage(body),
	})
	if err != nil {
		return fmt.Errorf("%s: not JSON: %w", file, err)
	}
	s, err := truce.DecodeBody(head)
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	signer, err := o.signer(cmd.Context())
	if err != nil {
		return err
	}
	e, err := truce.Seal(s, signer)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s\n", e.Bytes())
	return err
}

func (o signOptions) signer(ctx context.Context) (truce.Signer, error) {
	if o.key != "" {
		key, err := readKey(o.key)
		return truce.Key(key), err
	}
	if o.sealed != "" {
		return o.unsealed()
	}
	sock := os.Getenv("SSH_AUTH_SOCK")
	if sock == "" {
		return nil, usagef("--agent: no ssh-agent is running: SSH_AUTH_SOCK is not set")
	}
	conn, err := (&net.Dialer{}).DialContext(ctx, "unix", sock)
	if err != nil {
		return nil, fmt.Errorf("ssh-agent: %w", err)
	}
	a := agent.NewClient(conn)
	keys, err := a.List()
	if err != nil {
		return nil, fmt.Errorf("ssh-agent: %w", err)
	}
	for _, k := range keys {
		if k.Comment == o.agentKey && k.Type() == ssh.KeyAlgoED25519 {
			return agentKey{a, k}, nil
		}
	}
	return nil, fmt.Errorf("ssh-agent: it holds no Ed25519 key with the comment %q", o.agentKey)
}

// unsealed opens a sealed key with its holders' parts, in memory alone.
func (o signOptions) unsealed() (truce.Signer, error) {
	sealed, err := readAll(nil, o.sealed)
	if err != nil {
		return nil, err
	}
	var parts []vault.Part
	for _, file := range o.parts {
		b, err := readSecret(file)
		if err != nil {
			return nil, usagef("--part: %w", err)
		}
		p, err := vault.ParsePart(strings.TrimSpace(string(b)))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		parts = append(parts, p)
	}
	opened, err := vault.UnsealParts(sealed, parts)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", o.sealed, err)
	}
	key, err := parseKey(opened.Secret, o.sealed)
	return truce.Key(key), err
}

// agentKey signs by an ssh-agent, which never gives the key away.
type agentKey struct {
	agent agent.Agent
	key   *agent.Key
}

// Public returns the ed25519.PublicKey.
func (k agentKey) Public() crypto.PublicKey {
	pub, err := ssh.ParsePublicKey(k.key.Blob)
	if err != nil {
		return nil
	}
	if c, ok := pub.(ssh.CryptoPublicKey); ok {
		return c.CryptoPublicKey()
	}
	return nil
}

// SignPAE implements truce.Signer.
func (k agentKey) SignPAE(pae []byte) ([]byte, error) {
	s, err := k.agent.Sign(k.key, pae)
	if err != nil {
		return nil, fmt.Errorf("ssh-agent: %w", err)
	}
	if len(s.Blob) != ed25519.SignatureSize {
		return nil, errors.New("ssh-agent: not an Ed25519 signature")
	}
	return s.Blob, nil
}

// readAll reads a file, or standard input for "-", up to a limit.
func readAll(in io.Reader, file string) ([]byte, error) {
	if file != "-" {
		f, err := os.Open(file)
		if err != nil {
			return nil, usagef("%w", err)
		}
		defer f.Close()
		in = f
	}
	b, err := io.ReadAll(io.LimitReader(in, maxBodyFile+1))
	if err != nil {
		return nil, err
	}
	if len(b) > maxBodyFile {
		return nil, fmt.Errorf("%s: over the limit of %d bytes", file, maxBodyFile)
	}
	return b, nil
}

func submitCommand(now func() time.Time) *cobra.Command {
	var data, url string
	cmd := &cobra.Command{
		Use:   "submit FILE...",
		Short: "Hand signed statements to a centre",
		Long: `Hand envelopes, as marchday sign prints them, to the centre in --data or at --url,
and print the receipt of each. The same envelope gives the same receipt again.

Whoever carries an envelope can read it, delay it or lose it, and cannot change
it: hand it over by two ways, and compare the receipts.`,
		Example: "  marchday submit --data geneva dissent.dsse\n  marchday submit --url http://127.0.0.1:8080 dissent.dsse",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			if (data == "") == (url == "") {
				return usagef("give one of --data and --url")
			}
			hand := func(b []byte) (any, error) { return post(cmd.Context(), url, b) }
			if data != "" {
				h, err := openHome(data)
				if err != nil {
					return err
				}
				c, err := h.open(cmd.Context(), now, false)
				if err != nil {
					return err
				}
				defer func() { err = errors.Join(err, c.Close()) }()
				hand = func(b []byte) (any, error) {
					r, err := c.Submit(cmd.Context(), b)
					return map[string]any{"origin": r.Origin, "index": r.Index, "id": truce.Digest(r.ID), "received": truce.Instant(r.RecvAt / 1000), "duplicate": r.Duplicate}, err
				}
			}
			for _, file := range args {
				b, err := readAll(cmd.InOrStdin(), file)
				if err != nil {
					return err
				}
				r, err := hand(bytes.TrimSpace(b))
				if err != nil {
					return fmt.Errorf("%s: %w", file, err)
				}
				if err := json.NewEncoder(cmd.OutOrStdout()).Encode(r); err != nil {
					return err
				}
			}
			return nil
		},
	}
	f := cmd.Flags()
	f.StringVar(&data, "data", "", "folder of the centre")
	f.StringVar(&url, "url", "", "address of the centre")
	return cmd
}

// post hands an envelope to a centre over HTTP.
func post(ctx context.Context, url string, envelope []byte) (any, error) {
	const patience = 30 * time.Second
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimSuffix(url, "/")+"/api/statements", bytes.NewReader(envelope))
	if err != nil {
		return nil, usagef("--url: %w", err)
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(io.LimitReader(res.Body, maxBodyFile))
	if err != nil {
		return nil, err
	}
	if res.StatusCode >= http.StatusBadRequest {
		return nil, fmt.Errorf("the centre answered %s: %s", res.Status, bytes.TrimSpace(b))
	}
	return json.RawMessage(bytes.TrimSpace(b)), nil
}
