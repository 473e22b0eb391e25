package vault

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"math/big"
	"strings"

	"golang.org/x/crypto/argon2"
)

// A receipt code is 16 random decimal digits (53 bits), shown once to whoever
// gave a report without a name. Digits, since they can be kept in the head,
// said aloud and written in any script; a paper with 40 digits on it is itself
// a danger. 53 bits alone would be too few to keep as a plain hash, so what is
// kept is Argon2id with a salt of the file keys: 19 MiB and two passes, about
// 25 ms a try, at most one at a time. All that a found code opens is the state
// of its own report, and that its source may be erased.
const (
	codeDigits = 16
	codePasses = 2
	codeKiB    = 19 << 10
)

// Issue makes a receipt code for an entry that the record will know under key.
// The code is returned, and kept nowhere.
func (v *Vault) Issue(ctx context.Context, pseudonym string, key [32]byte) (code string, err error) {
	n, err := rand.Int(rand.Reader, new(big.Int).Exp(big.NewInt(10), big.NewInt(codeDigits), nil))
	if err != nil {
		return "", fmt.Errorf("vault: make a receipt code: %w", err)
	}
	code = fmt.Sprintf("%0*d", codeDigits, n)
	return code, v.hold(func() error {
		hash, err := v.codeHash(code)
		if err != nil {
			return err
		}
		_, err = v.db.ExecContext(ctx, `INSERT INTO receipt (hash, pseudonym, key, hour) VALUES ($1, $2, $3, $4)`, hash, pseudonym, key[:], v.hour())
		if err != nil {
			return fmt.Errorf("vault: keep the receipt code's hash: %w", err)
		}
		return nil
	})
}

// Receipt returns what a code was issued for: ErrUnknown if nothing was, it is
// older than 180 days, or the entry is forgotten. Digits of any script are
// read; what is no digit is left out.
func (v *Vault) Receipt(ctx context.Context, code string) (pseudonym string, key [32]byte, err error) {
	digits := digitsOf(code)
	if len(digits) != codeDigits {
		return "", key, ErrUnknown
	}
	err = v.hold(func() error {
		hash, err := v.codeHash(digits)
		if err != nil {
			return err
		}
		var k []byte
		err = v.db.QueryRowContext(ctx, `SELECT pseudonym, key FROM receipt WHERE hash = $1`, hash).Scan(&pseudonym, &k)
		if errors.Is(err, sql.ErrNoRows) {
			return ErrUnknown
		}
		if err != nil {
			return fmt.Errorf("vault: look a receipt code up: %w", err)
		}
		key = [32]byte(k)
		return nil
	})
	return pseudonym, key, err
}

func (v *Vault) codeHash(digits string) ([]byte, error) {
	ring, err := v.readRing()
	if err != nil {
		return nil, err
	}
	return argon2.IDKey([]byte(digits), ring.salt, codePasses, codeKiB, 1, 32), nil
}

// digitsOf reads Western, Arabic-Indic and Persian digits, at most 64.
func digitsOf(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case b.Len() == 64:
			return b.String()
		case r >= '0' && r <= '9':
			b.WriteByte(byte(r))
		case r >= '٠' && r <= '٩':
			b.WriteByte(byte('0' + r - '٠'))
		case r >= '۰' && r <= '۹':
			b.WriteByte(byte('0' + r - '۰'))
		}
	}
	return b.String()
}
