package main

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/marchday/marchday/centre"
	"github.com/marchday/marchday/truce"
	"github.com/marchday/marchday/vault"
	"github.com/marchday/marchday/web"
)

// vaultDir is the vault's folder in a centre's. No copy of the record has it.
const vaultDir = "vault"

// maxSealed bounds a seal that is read: the largest class and its recipients.
const maxSealed = 256 << 10

// openVault opens the vault of a centre, or none where nobody was named who may
// open what it keeps.
func (h home) openVault(ctx context.Context, now func() time.Time) (*vault.Vault, error) {
	if _, err := os.Stat(filepath.Join(h.dir, vaultDir)); errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	return vault.Open(ctx, filepath.Join(h.dir, vaultDir), vault.Options{Now: now})
}

func vaultCommand(now func() time.Time) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "vault",
		Short: "Sources: who may open what they told, and erasing it",
		Long: `What is told in confidence is sealed to recipients, officers whose keys are on
machines of their own, and lies in vault/ of the centre's folder, in no copy of
the record. Whoever holds that folder can delete what is in it and read who was
given what and in which hour; they cannot open it. Whoever holds an officer's
identity opens what was sealed to that officer.

keygen and open belong on the officer's machine, the others on the centre's.
They may run while the centre does.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(vaultKeygen(), vaultRecipients(now), vaultList(now), vaultReveal(now), vaultOpen(), vaultPart(), vaultSeal(), vaultForget(now))
	return cmd
}

func vaultKeygen() *cobra.Command {
	return &cobra.Command{
		Use:     "keygen FILE",
		Short:   "Make an officer's key, on the officer's machine",
		Example: "  marchday vault keygen amal.identity",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			identity, recipient, err := vault.NewIdentity()
			if err != nil {
				return err
			}
			f, err := os.OpenFile(args[0], os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
			if err != nil {
				return usagef("%w", err)
			}
			_, err = fmt.Fprintln(f, identity)
			if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
				return err
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "open NAME %s\n", recipient)
			return err
		},
	}
}

// withVault gives a command of the centre's machine its vault.
func withVault(data *string, now func() time.Time, f func(cmd *cobra.Command, args []string, v *vault.Vault) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) (err error) {
		h, err := openHome(*data)
		if err != nil {
			return err
		}
		v, err := vault.Open(cmd.Context(), filepath.Join(h.dir, vaultDir), vault.Options{Now: now})
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, v.Close()) }()
		return f(cmd, args, v)
	}
}

func dataFlag(cmd *cobra.Command, data *string) *cobra.Command {
	cmd.Flags().StringVar(data, "data", "", "folder of the centre")
	return cmd
}

func vaultRecipients(now func() time.Time) *cobra.Command {
	var data string
	return dataFlag(&cobra.Command{
		Use:   "recipients [FILE]",
		Short: "Say who may open what comes in from now on, or show it",
		Long: `Take the recipients from FILE, or print those that hold. A line "open NAME KEY"
names somebody who opens alone; lines "part NAME KEY" and "need N" name those of
whom N together open. What is sealed already stays sealed to whom it was.

Whoever can change this can read what comes in from then on.`,
		Args: cobra.MaximumNArgs(1),
		RunE: withVault(&data, now, func(cmd *cobra.Command, args []string, v *vault.Vault) error {
			if len(args) == 1 {
				b, err := os.ReadFile(args[0])
				if err != nil {
					return usagef("%w", err)
				}
				to, err := vault.ParseRecipients(b)
				if err != nil {
					return usagef("%s: %w", args[0], err)
				}
				if err := v.SetRecipients(to); err != nil {
					return err
				}
			}
			to, err := v.Recipients()
			if err != nil {
				return err
			}
			for _, r := range to.Each {
				fmt.Fprintf(cmd.OutOrStdout(), "open %s %s\n", r.Name, r.Print())
			}
			for _, r := range to.Parts {
				fmt.Fprintf(cmd.OutOrStdout(), "part %s %s\n", r.Name, r.Print())
			}
			if to.Need > 0 {
				fmt.Fprintf(cmd.OutOrStdout(), "need %d\n", to.Need)
			}
			return nil
		}),
	}, &data)
}

func vaultList(now func() time.Time) *cobra.Command {
	var data string
	return dataFlag(&cobra.Command{
		Use:   "list",
		Short: "List what is kept, and who was given it",
		Args:  cobra.NoArgs,
		RunE: withVault(&data, now, func(cmd *cobra.Command, _ []string, v *vault.Vault) error {
			all, err := v.Entries(cmd.Context())
			if err != nil {
				return err
			}
			hour := func(h int64) string { return time.Unix(h, 0).UTC().Format("2006-01-02T15Z") }
			for _, e := range all {
				fmt.Fprintf(cmd.OutOrStdout(), "%s  %s  opens %s\n", e.Pseudonym, hour(e.Hour), strings.Join(e.Opens, " "))
				for _, r := range e.Readings {
					what := "given to"
					if r.Resealed {
						what = "sealed anew by"
					}
					fmt.Fprintf(cmd.OutOrStdout(), "    %s  %s %s\n", hour(r.Hour), what, r.By)
				}
			}
			return nil
		}),
	}, &data)
}

func vaultReveal(now func() time.Time) *cobra.Command {
	var data, by string
	cmd := dataFlag(&cobra.Command{
		Use:     "reveal PSEUDONYM",
		Short:   "Hand a seal out, still sealed; who got it is listed",
		Example: "  marchday vault reveal --data geneva --by amal 0f…e2 > sealed.age",
		Args:    cobra.ExactArgs(1),
		RunE: withVault(&data, now, func(cmd *cobra.Command, args []string, v *vault.Vault) error {
			sealed, err := v.Reveal(cmd.Context(), args[0], by)
			if err != nil {
				return err
			}
			_, err = cmd.OutOrStdout().Write(sealed)
			return err
		}),
	}, &data)
	cmd.Flags().StringVar(&by, "by", "", "who asks for it")
	return cmd
}

func vaultOpen() *cobra.Command {
	var identity string
	cmd := &cobra.Command{
		Use:   "open SEAL",
		Short: "Open a seal, on the officer's machine",
		Long: `Print what a seal holds, and the commitment that the record must have beside its
pseudonym: then this is what was told, and nothing else. - reads standard input.
--identity names an officer's identity, or a file with the parts of as many
holders as are needed (marchday vault part), one a line.`,
		Example: "  marchday vault open --identity amal.identity sealed.age\n  cat part-1 part-2 > parts && marchday vault open --identity parts sealed.age",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			key, err := readSecret(identity)
			if err != nil {
				return usagef("--identity: %w", err)
			}
			in := cmd.InOrStdin()
			if args[0] != "-" {
				f, err := os.Open(args[0])
				if err != nil {
					return usagef("%w", err)
				}
				defer f.Close()
				in = f
			}
			sealed, err := readBounded(in, args[0], maxSealed)
			if err != nil {
				return err
			}
			o, err := opened(sealed, key)
			if err != nil {
				return err
			}
			fmt.Fprintf(cmd.ErrOrStderr(), "%s: for you alone\ncommitment %s\n", truce.TLPRed, hex.EncodeToString(o.Commitment[:]))
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s\n", o.Secret)
			return err
		},
	}
	cmd.Flags().StringVar(&identity, "identity", "", "file with the officer's identity")
	return cmd
}

// opened opens a seal with an identity, or with parts.
func opened(sealed, secret []byte) (vault.Opened, error) {
	text := strings.TrimSpace(string(secret))
	if !strings.HasPrefix(text, "marchday-part") {
		return vault.Unseal(sealed, text)
	}
	var parts []vault.Part
	for line := range strings.Lines(text) {
		p, err := vault.ParsePart(strings.TrimSpace(line))
		if err != nil {
			return vault.Opened{}, err
		}
		parts = append(parts, p)
	}
	return vault.UnsealParts(sealed, parts)
}

func vaultPart() *cobra.Command {
	var identity string
	cmd := &cobra.Command{
		Use:   "part SEAL",
		Short: "Take a holder's own part out of a seal, on the holder's machine",
		Long: `Print the holder's part of what opens this seal and no other. As many parts as
the recipients' file says are needed open it together; fewer tell nothing.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			key, err := readSecret(identity)
			if err != nil {
				return usagef("--identity: %w", err)
			}
			sealed, err := os.ReadFile(args[0])
			if err != nil {
				return usagef("%w", err)
			}
			if len(sealed) > maxSealed {
				return usagef("%s: over the limit of %d bytes", args[0], maxSealed)
			}
			p, err := vault.PartOf(sealed, strings.TrimSpace(string(key)))
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), p)
			return err
		},
	}
	cmd.Flags().StringVar(&identity, "identity", "", "file with the holder's identity")
	return cmd
}

// vaultSeal seals a key's file, most of all a root's, to holders of parts.
func vaultSeal() *cobra.Command {
	var holders string
	cmd := &cobra.Command{
		Use:   "seal FILE",
		Short: "Seal a root key, or another small file, to holders of parts",
		Long: `Seal FILE to the holders that --holders names: lines "part NAME KEY", each with the
key that vault keygen printed for that holder, and "need K". K of the holders open
it together, each with vault part on a machine of their own; marchday sign
--sealed uses it without writing it to a disk. Then destroy FILE and its medium.

Whoever holds the seal, or fewer parts than are needed, learns nothing. Who
brings enough parts together holds the key from then on: part with it anew, by a
rotation, when that was not meant to last.`,
		Example: "  marchday vault seal us-root.pem --holders holders > us-root.seal",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			secret, err := readSecret(args[0])
			if err != nil {
				return usagef("%w", err)
			}
			if holders == "" {
				return usagef("--holders is needed: a file with lines part NAME KEY, and need K")
			}
			lines, err := readAll(cmd.InOrStdin(), holders)
			if err != nil {
				return err
			}
			to, err := vault.ParseRecipients(lines)
			if err != nil {
				return usagef("--holders: %w", err)
			}
			if len(to.Each) > 0 {
				return usagef("--holders: %s could open it alone: write part, not open", to.Each[0].Name)
			}
			sealed, err := vault.Seal(secret, to)
			if err != nil {
				return err
			}
			_, err = cmd.OutOrStdout().Write(sealed)
			return err
		},
	}
	cmd.Flags().StringVar(&holders, "holders", "", "file of the holders, - for standard input")
	return cmd
}

func vaultForget(now func() time.Time) *cobra.Command {
	var data, why string
	cmd := dataFlag(&cobra.Command{
		Use:   "forget PSEUDONYM",
		Short: "Erase what a source told",
		Long: `Mark an entry to be erased. From now on it is handed to nobody; the running
centre, or its next start, says so on the record and then leaves no byte of it
in any file of the vault. Spare cells of a disk, swap and copies that others
made are beyond its reach, and so are words that are on the record.`,
		Args: cobra.ExactArgs(1),
		RunE: withVault(&data, now, func(cmd *cobra.Command, args []string, v *vault.Vault) error {
			if err := v.Doom(cmd.Context(), args[0], why); err != nil {
				return err
			}
			_, err := fmt.Fprintln(cmd.OutOrStdout(), "the centre erases it within a minute, or when it next starts")
			return err
		}),
	}, &data)
	cmd.Flags().StringVar(&why, "why", "asked", "a code: asked, expired, danger, error")
	return cmd
}

func proofCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "proof TICKET",
		Short: "Work out the number that lets an anonymous report in at once",
		Long: `Find the number that the anonymous form asks for where many reports come in: one
for which SHA-256 of the ticket, a colon and the number begins with enough zero
bits. It takes about a million tries and no network.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			_, err := fmt.Fprintln(cmd.OutOrStdout(), web.Proof(args[0]))
			return err
		},
	}
}

// tendEvery is how often what waits in the vault is looked after.
const tendEvery = time.Minute

// tend releases what waited and finishes erasures, until ctx is done.
func tend(ctx context.Context, c *centre.Centre, log *slog.Logger) (wait func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		for next := time.NewTicker(tendEvery); ; {
			if _, err := c.Tend(ctx); err != nil && ctx.Err() == nil {
				log.ErrorContext(ctx, "what waits in the vault could not be looked after, it is tried again", "error", err)
			}
			select {
			case <-ctx.Done():
				next.Stop()
				return
			case <-next.C:
			}
		}
	}()
	return func() { <-done }
}
