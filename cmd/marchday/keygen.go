package main

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/json"
	"time"

	"github.com/spf13/cobra"

	"github.com/marchday/marchday/truce"
)

func keygenCommand() *cobra.Command {
	k := truce.KeyAct{Act: truce.Grant}
	var class, replaces, until string
	cmd := &cobra.Command{
		Use:   "keygen FILE",
		Short: "Make a key for an office, and print the statement body that grants it",
		Long: `Make an Ed25519 key in FILE, which only its owner can read, and print the body of
the key statement that grants it, or with --replaces puts it in the place of
another. With --until the key ends by itself: a deputy's. The office signs that with its root key and submits it; from the index
that it gets there the key is good, and a replaced one is not. A key in a token
or agent is made there; its body is written by hand. See docs/keys.md.

Whoever holds a root key can grant keys in its office's name; an office key
decides for it; a desk key files reports for it.`,
		Example: "  marchday keygen --office us --class office new-office.pem > grant.json\n  marchday sign --key us-root.pem ... --kind key grant.json > grant.dsse",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			k.Class, k.Replaces = truce.KeyClass(class), truce.KeyID(replaces)
			if k.Replaces != "" {
				k.Act = truce.Rotate
			}
			if until != "" {
				end, err := time.Parse(time.RFC3339, until)
				if err != nil {
					return usagef("--until %s is no time: write it as 2016-05-05T18:00:00+03:00", until)
				}
				k.End = truce.At(end)
			}
			pub, key, err := ed25519.GenerateKey(rand.Reader)
			if err != nil {
				return err
			}
			k.Public = pub
			if err := k.Validate(); err != nil {
				return usageError{err}
			}
			if err := writeKey(args[0], key); err != nil {
				return err
			}
			return json.NewEncoder(cmd.OutOrStdout()).Encode(k)
		},
	}
	f := cmd.Flags()
	f.StringVar((*string)(&k.Office), "office", "", "office that the key is for")
	f.StringVar(&k.Desk, "desk", "", "desk or device that the key is for")
	f.StringVar(&class, "class", string(truce.DeskKey), "root, office, desk, field, witness or mirror")
	f.StringVar(&replaces, "replaces", "", "name of the key whose place it takes, as the Offices page shows it")
	f.StringVar(&until, "until", "", "when it ends by itself, as the centre receives: 2016-05-05T18:00:00+03:00")
	f.StringVar(&k.Why, "why", "", "why, on the record")
	return cmd
}
