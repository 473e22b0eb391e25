package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/marchday/marchday/record"
)

// inFolder is where --to leads back to the embedded engine.
const inFolder = "sqlite"

func migrateCommand(now func() time.Time) *cobra.Command {
	var data, to string
	cmd := &cobra.Command{
		Use:   "migrate",
		Short: "Move a centre's record from one engine to the other",
		Long: `Copy the record of the stopped centre in --data into PostgreSQL, or back into the
folder (--to sqlite): entries with their indexes, receipt times and idempotency
keys, and the newest head with its cosignatures. The tree is hashed anew; unless
it comes to the root that the log's key and the witnesses signed, nothing is
changed. Then the old store is frozen, for good, and the folder names the new
one. The picture stands on the same root and stays; tiles and blobs too.

The address of PostgreSQL, with its password, is kept in the folder's
centre.json, which only its owner can read. Who can write that database can stop
the centre and lose what no mirror has yet; they cannot rewrite what is cosigned.`,
		Example: "  marchday migrate --data geneva --to 'postgres://truce@db.example.org/truce?search_path=geneva'\n  marchday migrate --data geneva --to sqlite",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			h, err := openHome(data)
			if err != nil {
				return err
			}
			if to == h.DB || to == inFolder && h.DB == "" {
				return usagef("--to: the record is there already")
			}
			if to != inFolder && !strings.HasPrefix(to, "postgres://") {
				return usagef("--to: write postgres://... or sqlite")
			}
			if h.demo() || h.Mirror != "" {
				return usagef("--data: %s holds the demo or a copy, which is made anew and not moved", data)
			}
			n, err := h.move(cmd.Context(), to, now)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "moved: %d entries; the old store is frozen\n", n)
			return err
		},
	}
	f := cmd.Flags()
	f.StringVar(&data, "data", "", "folder of the centre, which must not be running")
	f.StringVar(&to, "to", "", "address of a PostgreSQL database, or sqlite")
	return cmd
}

// move copies the record to another store and points the folder at it. A crash
// before the last step leaves a frozen old store and the folder pointing there:
// the same command goes on.
func (h home) move(ctx context.Context, to string, now func() time.Time) (size int64, err error) {
	key, err := readKey(filepath.Join(h.dir, "keys", "log.pem"))
	if err != nil {
		return 0, err
	}
	o := record.Options{Origin: h.Origin, Now: now, Signer: key, Dir: h.dir, Interval: -1}
	if o.Policy, err = h.policy(); err != nil {
		return 0, err
	}
	from := h.DB
	if from == "" {
		from = "sqlite:" + h.dir
	}
	source, err := record.Open(ctx, from, o)
	if err != nil {
		return 0, fmt.Errorf("the old store: %w", err)
	}
	defer func() { err = errors.Join(err, source.Close()) }()
	if err := source.Check(ctx); err != nil {
		return 0, fmt.Errorf("the old store: %w", err)
	}
	signed, joint, err := heads(ctx, source)
	if err != nil {
		return 0, err
	}
	for _, head := range []record.Head{signed, joint} {
		if head.Note != nil {
			o.Seen = append(o.Seen, head.Note) // the new store signs nothing shorter
		}
	}
	url := to
	if to == inFolder {
		if err := h.setAside(now()); err != nil {
			return 0, err
		}
		h.DB, url = "", "sqlite:"+h.dir
	} else {
		h.DB = to
	}
	if err := copyRecord(ctx, source, url, o, signed, joint); err != nil {
		return 0, err
	}
	if err := source.Freeze(ctx, "moved to another store by marchday migrate"); err != nil {
		return 0, err
	}
	return signed.Size, h.save()
}

// heads signs what is not signed yet, where the store still may, and returns
// the log's own head and the joint one.
func heads(ctx context.Context, l *record.Log) (signed, joint record.Head, err error) {
	if _, err := l.Publish(ctx); err != nil {
		return signed, joint, err
	}
	signed, joint, err = l.Checkpoint(ctx)
	if err == nil && signed.Size != l.Size() {
		err = fmt.Errorf("the newest signed head covers %d of %d entries", signed.Size, l.Size())
	}
	return signed, joint, err
}

// copyRecord fills the store at url and checks it before anything else relies
// on it.
func copyRecord(ctx context.Context, source *record.Log, url string, o record.Options, signed, joint record.Head) (err error) {
	l, err := record.Open(ctx, url, o)
	if err != nil {
		return fmt.Errorf("the new store: %w", err)
	}
	defer func() { err = errors.Join(err, l.Close()) }()
	for _, head := range []record.Head{joint, signed} {
		if head.Note == nil || head.Size < l.Size() {
			continue
		}
		own, others := splitNote(head.Note)
		head.Note = own
		if err := l.Adopt(ctx, source.Entries(ctx, l.Size()), head); err != nil {
			return fmt.Errorf("the new store: %w", err)
		}
		if _, err := l.Cosign(ctx, head.Size, others); err != nil {
			return fmt.Errorf("the new store: %w", err)
		}
	}
	if err := l.Check(ctx); err != nil {
		return fmt.Errorf("the new store: %w", err)
	}
	if root, err := l.Root(ctx, signed.Size); err != nil || root != signed.Root {
		return errors.Join(err, fmt.Errorf("the new store has another root at %d entries: nothing was moved", signed.Size))
	}
	return nil
}

// splitNote parts a head into what the log signed and the lines of cosignatures,
// which stand after its own.
func splitNote(note []byte) (own, others []byte) {
	const gap = "\n\n"
	end := bytes.Index(note, []byte(gap)) + len(gap)
	line := bytes.IndexByte(note[end:], '\n') + 1
	return note[:end+line], note[end+line:]
}

// setAside renames a store that was frozen when the record moved out of this
// folder, so that it can come back.
func (h home) setAside(at time.Time) error {
	file := filepath.Join(h.dir, "record.db")
	if _, err := os.Stat(file); errors.Is(err, os.ErrNotExist) {
		return nil
	}
	suffix := at.UTC().Format(".moved-20060102T150405Z")
	for _, tail := range []string{"", "-wal", "-shm"} {
		if err := os.Rename(file+tail, file+suffix+tail); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	return nil
}
