package main

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/marchday/marchday/centre"
	"github.com/marchday/marchday/truce"
	"github.com/marchday/marchday/web"
)

// fieldHome is the folder of a field device, beside its log and key.
type fieldHome struct {
	dir    string
	Name   string         `json:"name"` // origin of the device's own log
	Of     string         `json:"of"`   // origin of the centre
	Regime truce.RegimeID `json:"regime"`
	Office truce.OfficeID `json:"office"`
	LogKey string         `json:"log_key"` // of the centre
	URL    string         `json:"url,omitempty"`
	Until  int            `json:"until"`
}

const fieldFile = "field.json"

func fieldCommand(now func() time.Time) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "field",
		Short: "A field device: file reports without a network, hand them over later",
		Long: `A field device has a small log and a key of its own. What is filed is signed and
durable there at once, for days without a network; sync hands it to the centre
in order, resumes where it ended, and keeps each statement until the centre says
that it has reached the receipt level waited for (4: kept by mirrors). What the
centre refuses stays in the list with the reason. export writes envelopes for a
stick, which marchday submit takes in at the centre.

Who holds the device can file in its office's name, as this device, until its
key is revoked. They cannot change what the centre has; each statement names its
number in the device's log, so a gap shows.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(fieldInit(), fieldFileCommand(now), fieldSync(now), fieldList(now), fieldExport(now))
	return cmd
}

func fieldInit() *cobra.Command {
	var h fieldHome
	cmd := &cobra.Command{
		Use:   "init",
		Short: "Make a device's folder and key",
		Long: `Make the folder and a key of the device, and print the body of the key statement
by which its office grants it: the office signs that (marchday sign) and submits
it; until then the centre refuses what the device files.`,
		Example: "  marchday field init --data tablet --name tablet-7.example.org --log 'truce.example.org/log+...' --regime founding --office us --url https://truce.example.org",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return h.make(cmd.OutOrStdout()) },
	}
	f := cmd.Flags()
	f.StringVar(&h.dir, "data", "", "folder to make")
	f.StringVar(&h.Name, "name", "", "name of the device's log, such as tablet-7.example.org")
	f.StringVar(&h.LogKey, "log", "", "verifier key of the centre's log")
	f.StringVar((*string)(&h.Regime), "regime", "", "the regime that reports are about")
	f.StringVar((*string)(&h.Office), "office", "", "office in whose name the device files")
	f.StringVar(&h.URL, "url", "", "address of the centre")
	f.IntVar(&h.Until, "until", centre.MirroredLevel, "receipt level to keep statements for")
	return cmd
}

func (h fieldHome) make(out io.Writer) error {
	if h.dir == "" || h.Name == "" || h.LogKey == "" || h.Regime == "" || h.Office == "" {
		return usagef("--data, --name, --log, --regime and --office are needed")
	}
	if _, err := os.Stat(filepath.Join(h.dir, fieldFile)); err == nil {
		return usagef("--data: %s holds a device already", h.dir)
	}
	h.Of, _, _ = strings.Cut(h.LogKey, "+")
	if _, err := logPolicy(h.Of, h.LogKey); err != nil {
		return usagef("--log: %w", err)
	}
	pub, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return err
	}
	if err := writeKey(filepath.Join(h.dir, "keys", "device.pem"), key); err != nil {
		return err
	}
	b, err := json.MarshalIndent(h, "", "  ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(h.dir, fieldFile), append(b, '\n'), 0o600); err != nil {
		return err
	}
	return json.NewEncoder(out).Encode(map[string]string{
		"act": truce.Grant, "office": string(h.Office), "desk": h.Name, "class": string(truce.FieldKey), "public": base64.StdEncoding.EncodeToString(pub),
	})
}

// withOutbox gives a command the outbox of a folder.
func withOutbox(data *string, now func() time.Time, f func(cmd *cobra.Command, args []string, h fieldHome, b *centre.Outbox) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) (err error) {
		h := fieldHome{dir: *data}
		text, err := os.ReadFile(filepath.Join(*data, fieldFile))
		if errors.Is(err, os.ErrNotExist) {
			return usagef("--data: %s holds no device: make one with marchday field init", *data)
		}
		if err == nil {
			err = json.Unmarshal(text, &h)
		}
		if err != nil {
			return err
		}
		key, err := readKey(filepath.Join(h.dir, "keys", "device.pem"))
		if err != nil {
			return err
		}
		b, err := centre.OpenOutbox(cmd.Context(), centre.OutboxOptions{
			Dir: h.dir, Origin: h.Name, Of: h.Of, Regime: h.Regime, Office: h.Office, Key: key, LogKey: h.LogKey, Now: now, Until: h.Until,
		})
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, b.Close()) }()
		return f(cmd, args, h, b)
	}
}

func fieldFlags(cmd *cobra.Command, data *string) *cobra.Command {
	cmd.Flags().StringVar(data, "data", "", "folder of the device")
	return cmd
}

func fieldFileCommand(now func() time.Time) *cobra.Command {
	var data string
	return fieldFlags(&cobra.Command{
		Use:     "file BODY",
		Short:   "File a report, signed and durable on the device",
		Long:    "File a report, whose body is JSON in a file or - for standard input. It prints the number in the device's log.",
		Example: `  echo '{"channel":"field","text":"Shells fell north of the bridge.","lang":"en","marking":"green"}' | marchday field file --data tablet -`,
		Args:    cobra.ExactArgs(1),
		RunE: withOutbox(&data, now, func(cmd *cobra.Command, args []string, _ fieldHome, b *centre.Outbox) error {
			text, err := readAll(cmd.InOrStdin(), args[0])
			if err != nil {
				return err
			}
			var r truce.Report
			if err := truce.ReadJSON(text, &r); err != nil {
				return usagef("%s: %w", args[0], err)
			}
			f, err := b.File(cmd.Context(), &r)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "%d stored, level 0, %s\n", f.Number, f.ID)
			return err
		}),
	}, &data)
}

func fieldSync(now func() time.Time) *cobra.Command {
	var data, url string
	var again bool
	var every time.Duration
	cmd := fieldFlags(&cobra.Command{
		Use:   "sync",
		Short: "Hand over what the centre has not, and ask how far the rest has come",
		Args:  cobra.NoArgs,
		RunE: withOutbox(&data, now, func(cmd *cobra.Command, _ []string, h fieldHome, b *centre.Outbox) error {
			if url == "" {
				url = h.URL
			}
			if url == "" {
				return usagef("--url: the address of the centre is needed")
			}
			wait := every
			for {
				left, err := b.Sync(cmd.Context(), fieldHand{newCaller(""), strings.TrimSuffix(url, "/")}, again)
				if every == 0 || left == 0 && err == nil {
					if err != nil {
						return err
					}
					return printFiled(cmd.OutOrStdout(), b.List(), left)
				}
				if err != nil {
					fmt.Fprintf(cmd.ErrOrStderr(), "%v: tried again in %s\n", err, wait)
				}
				select {
				case <-cmd.Context().Done():
					return nil
				case <-time.After(wait):
				}
				if wait = min(2*wait, maxPause); err == nil {
					wait = every
				}
			}
		}),
	}, &data)
	f := cmd.Flags()
	f.StringVar(&url, "url", "", "address of the centre, if not the device's own")
	f.BoolVar(&again, "again", false, "try what was refused once more, after a key was granted for instance")
	f.DurationVar(&every, "every", 0, "go on until all have reached their level, with this pause; longer while the link is down")
	return cmd
}

// maxPause is the longest pause between two tries over a link that is down.
const maxPause = 10 * time.Minute

func printFiled(out io.Writer, all []centre.Filed, left int) error {
	for _, f := range all {
		state := fmt.Sprintf("level %d, entry %d", f.Level, f.Index)
		switch {
		case f.Refused != "":
			state = "refused: " + f.Refused
		case f.Level == 0:
			state = "level 0, not handed over"
		}
		fmt.Fprintf(out, "%6d  %s  %s\n", f.Number, f.At, state)
		if f.Broken != "" {
			fmt.Fprintf(out, "        an earlier signed receipt was not honoured: publish it, see marchday verify --receipt\n")
		}
	}
	_, err := fmt.Fprintf(out, "%d of %d have not reached their level\n", left, len(all))
	return err
}

func fieldList(now func() time.Time) *cobra.Command {
	var data string
	return fieldFlags(&cobra.Command{
		Use:   "list",
		Short: "List what was filed, and how far each has come",
		Args:  cobra.NoArgs,
		RunE: withOutbox(&data, now, func(cmd *cobra.Command, _ []string, h fieldHome, b *centre.Outbox) error {
			left := 0
			for _, f := range b.List() {
				if f.Level < h.Until && f.Refused == "" {
					left++
				}
			}
			return printFiled(cmd.OutOrStdout(), b.List(), left)
		}),
	}, &data)
}

func fieldExport(now func() time.Time) *cobra.Command {
	var data string
	return fieldFlags(&cobra.Command{
		Use:     "export FOLDER",
		Short:   "Write what has not reached its level as envelopes, for a stick",
		Example: "  marchday field export --data tablet /media/stick/tablet-7\n  marchday submit --data geneva /media/stick/tablet-7/*.dsse",
		Args:    cobra.ExactArgs(1),
		RunE: withOutbox(&data, now, func(cmd *cobra.Command, args []string, _ fieldHome, b *centre.Outbox) error {
			all, err := b.Envelopes(cmd.Context())
			if err != nil {
				return err
			}
			if err := os.MkdirAll(args[0], 0o700); err != nil {
				return err
			}
			for n, env := range all {
				if err := os.WriteFile(filepath.Join(args[0], fmt.Sprintf("%06d.dsse", n)), env, 0o600); err != nil {
					return err
				}
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "%d envelopes in %s\n", len(all), args[0])
			return err
		}),
	}, &data)
}

// A fieldHand reaches a centre over HTTP.
type fieldHand struct {
	caller
	url string
}

// Submit implements centre.Hand: one envelope a line.
func (h fieldHand) Submit(ctx context.Context, envelopes [][]byte) ([]centre.Answer, error) {
	status, body, err := h.post(ctx, h.url+"/api/statements", web.EnvelopeLines, append(bytes.Join(envelopes, []byte("\n")), '\n'))
	switch {
	case err != nil:
		return nil, err
	case status < http.StatusBadRequest:
		var said struct{ Rows []centre.Answer }
		return said.Rows, json.Unmarshal(body, &said)
	case status >= http.StatusInternalServerError || status == http.StatusTooManyRequests || status == http.StatusRequestTimeout:
		return nil, statusError{status, h.url}
	}
	var p struct{ Title, Detail string }
	if json.Unmarshal(body, &p) != nil || p.Detail == "" {
		p.Detail = fmt.Sprintf("the centre answered %d: %s", status, bytes.TrimSpace(body[:min(len(body), 200)]))
	}
	return []centre.Answer{{Refused: p.Detail}}, nil // it is about the first
}

// Standing implements centre.Hand.
func (h fieldHand) Standing(ctx context.Context, id truce.StatementID) (a centre.Answer, err error) {
	b, err := h.get(ctx, h.url+"/api/receipts/"+id.String())
	var s statusError
	if errors.As(err, &s) && s.status == http.StatusNotFound {
		return a, &truce.Error{Kind: truce.Unknown, Why: "the centre has no such statement"}
	}
	if err != nil {
		return a, err
	}
	return a, json.Unmarshal(b, &a)
}
