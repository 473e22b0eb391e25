package web

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"database/sql"
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
	_ "modernc.org/sqlite" // the driver

	"github.com/marchday/marchday/truce"
)

// The limits of accounts, sessions and tokens.
const (
	minPassword = 12  // characters
	maxPassword = 256 // bytes
	maxSession  = 12 * time.Hour
	maxToken    = 366 * 24 * time.Hour
	maxSessions = 20 // of one account; the oldest ends
	maxHashing  = 2  // passwords hashed at once: each takes 64 MiB
)

// May says what a token is good for.
type May string

// What a token may do: read as its office, or also say what a desk may say.
const (
	MayRead May = "read"
	MaySay  May = "say"
)

// An Account is a person of an office. It says nothing by itself: what it
// enters is signed by the desk's key, which names it, and what binds the office
// is signed by a key that is not here.
type Account struct {
	Name     string
	Office   truce.OfficeID
	Disabled bool
	Made     time.Time
	May      May // what the session or token it came by is good for
}

// Accounts keeps who may log in. It is local to one server: a file beside the
// record and no part of it. Who reads the file learns names, offices and
// hashes of passwords; who writes it can log in as anybody, read as any office
// and file as any desk, and cannot bind one.
type Accounts struct {
	db      *sql.DB
	now     func() time.Time
	hashing chan struct{}
}

const accountSchema = `
CREATE TABLE IF NOT EXISTS account (name TEXT PRIMARY KEY, office TEXT NOT NULL, hash TEXT NOT NULL, disabled INTEGER NOT NULL DEFAULT 0, made INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS session (hash BLOB PRIMARY KEY, account TEXT NOT NULL REFERENCES account(name), made INTEGER NOT NULL, until INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS token (hash BLOB PRIMARY KEY, account TEXT NOT NULL REFERENCES account(name), label TEXT NOT NULL, may TEXT NOT NULL CHECK (may IN ('read', 'say')), until INTEGER NOT NULL) STRICT;
CREATE INDEX IF NOT EXISTS session_of ON session (account);`

// OpenAccounts opens or makes accounts.db in a folder, readable by its owner
// alone.
func OpenAccounts(ctx context.Context, dir string, now func() time.Time) (*Accounts, error) {
	file := filepath.Join(dir, "accounts.db")
	f, err := os.OpenFile(file, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open accounts: %w", err)
	}
	if err := errors.Join(f.Chmod(0o600), f.Close()); err != nil {
		return nil, fmt.Errorf("open accounts: %w", err)
	}
	where := (&url.URL{Path: file}).EscapedPath()
	db, err := sql.Open("sqlite", "file:"+where+"?_pragma=journal_mode(WAL)&_pragma=foreign_keys(1)&_pragma=busy_timeout(5000)&_txlock=immediate")
	if err != nil {
		return nil, fmt.Errorf("open accounts: %w", err)
	}
	db.SetMaxOpenConns(4)
	if _, err := db.ExecContext(ctx, accountSchema); err != nil {
		return nil, errors.Join(fmt.Errorf("make accounts in %s: %w", file, err), db.Close())
	}
	return &Accounts{db, now, make(chan struct{}, maxHashing)}, nil
}

// Close closes the file.
func (a *Accounts) Close() error { return a.db.Close() }

var accountName = regexp.MustCompile(`^[\p{L}\p{N}][\p{L}\p{N}._-]{0,63}$`)

// Add makes an account of an office. The password has at least 12 characters.
func (a *Accounts) Add(ctx context.Context, name string, office truce.OfficeID, password string) error {
	if !accountName.MatchString(name) {
		return &truce.Error{Kind: truce.Invalid, Field: "name", Why: "a name has 1 to 64 letters, digits, points, hyphens or underscores"}
	}
	hash, err := a.hash(ctx, password)
	if err != nil {
		return err
	}
	r, err := a.db.ExecContext(ctx, "INSERT INTO account (name, office, hash, made) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING", name, office, hash, a.now().Unix())
	if err != nil {
		return fmt.Errorf("add account: %w", err)
	}
	if n, err := r.RowsAffected(); n == 0 {
		return errors.Join(err, &truce.Error{Kind: truce.Conflict, Field: "name", Why: "an account of this name is there already"})
	}
	return nil
}

// SetPassword gives an account another password, and ends its sessions.
func (a *Accounts) SetPassword(ctx context.Context, name, password string) error {
	hash, err := a.hash(ctx, password)
	if err != nil {
		return err
	}
	return a.change(ctx, name, "UPDATE account SET hash = $2 WHERE name = $1", "DELETE FROM session WHERE account = $1", hash)
}

// Disable ends an account with its sessions and tokens. Its name stays taken,
// since statements name it.
func (a *Accounts) Disable(ctx context.Context, name string) error {
	return a.change(ctx, name, "UPDATE account SET disabled = 1 WHERE name = $1", "DELETE FROM session WHERE account = $1; DELETE FROM token WHERE account = $1")
}

func (a *Accounts) change(ctx context.Context, name, change, after string, args ...any) (err error) {
	tx, err := a.db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("change account: %w", err)
	}
	defer func() { err = errors.Join(err, rolled(tx)) }()
	r, err := tx.ExecContext(ctx, change, append([]any{name}, args...)...)
	if err != nil {
		return fmt.Errorf("change account: %w", err)
	}
	if n, err := r.RowsAffected(); n == 0 {
		return errors.Join(err, noAccount(name))
	}
	for stmt := range strings.SplitSeq(after, ";") {
		if _, err := tx.ExecContext(ctx, stmt, name); err != nil {
			return fmt.Errorf("change account: %w", err)
		}
	}
	return tx.Commit()
}

func rolled(tx *sql.Tx) error {
	if err := tx.Rollback(); !errors.Is(err, sql.ErrTxDone) {
		return err
	}
	return nil
}

func noAccount(name string) error {
	return &truce.Error{Kind: truce.Unknown, Field: "name", Why: "no account is named " + name}
}

// List returns all accounts by name.
func (a *Accounts) List(ctx context.Context) (out []Account, err error) {
	rows, err := a.db.QueryContext(ctx, "SELECT name, office, disabled, made FROM account ORDER BY name")
	if err != nil {
		return nil, fmt.Errorf("list accounts: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var x Account
		var made int64
		if err := rows.Scan(&x.Name, &x.Office, &x.Disabled, &made); err != nil {
			return nil, fmt.Errorf("list accounts: %w", err)
		}
		x.Made = time.Unix(made, 0).UTC()
		out = append(out, x)
	}
	return out, rows.Err()
}

// errWrong is the one answer to a wrong name, a wrong password and a disabled
// account, so that nobody learns which names there are.
var errWrong = &truce.Error{Kind: truce.Forbidden, Field: "password", Why: "name or password is wrong"}

// noHash is hashed against where there is no account, so that the answer takes
// the same time.
const noHash = "$argon2id$v=19$m=65536,t=2,p=2$bWFyY2hkYXktbm9ib2R5cw$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

// Login checks a password and begins a session, whose secret it returns; the
// file keeps its hash alone. A refusal is Forbidden and says no more.
func (a *Accounts) Login(ctx context.Context, name, password string) (secret string, err error) {
	hash, disabled := noHash, true
	err = a.db.QueryRowContext(ctx, "SELECT hash, disabled FROM account WHERE name = $1", name).Scan(&hash, &disabled)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return "", fmt.Errorf("log in: %w", err)
	}
	good, err := a.matches(ctx, hash, password)
	if err != nil {
		return "", err
	}
	if !good || disabled {
		return "", errWrong
	}
	secret, digest := newSecret("")
	now := a.now()
	for _, do := range []struct {
		sql  string
		args []any
	}{
		{"DELETE FROM session WHERE until <= $1", []any{now.Unix()}},
		{"DELETE FROM session WHERE account = $1 AND hash NOT IN (SELECT hash FROM session WHERE account = $1 ORDER BY made DESC LIMIT $2)", []any{name, maxSessions - 1}},
		{"INSERT INTO session (hash, account, made, until) VALUES ($1, $2, $3, $4)", []any{digest, name, now.Unix(), now.Add(maxSession).Unix()}},
	} {
		if _, err := a.db.ExecContext(ctx, do.sql, do.args...); err != nil {
			return "", fmt.Errorf("log in: %w", err)
		}
	}
	return secret, nil
}

// Session returns the account of a session's secret; ok is false for one that
// ended or never was.
func (a *Accounts) Session(ctx context.Context, secret string) (x Account, ok bool, err error) {
	return a.find(ctx, "SELECT account.name, office, 'say' FROM session JOIN account ON account.name = session.account WHERE session.hash = $1 AND until > $2 AND disabled = 0", secret)
}

// Logout ends a session.
func (a *Accounts) Logout(ctx context.Context, secret string) error {
	_, err := a.db.ExecContext(ctx, "DELETE FROM session WHERE hash = $1", digestOf(secret))
	return err
}

// tokenPrefix makes a leaked token easy to find.
const tokenPrefix = "marchday_"

// Token makes a token of an account and returns its secret, which is shown
// this once: the file keeps its hash. It ends after the given time, a year at
// most.
func (a *Accounts) Token(ctx context.Context, name, label string, may May, life time.Duration) (secret string, err error) {
	if may != MayRead && may != MaySay {
		return "", &truce.Error{Kind: truce.Invalid, Field: "may", Why: "a token may read, or say"}
	}
	if life <= 0 || life > maxToken {
		return "", &truce.Error{Kind: truce.Invalid, Field: "days", Why: "a token lives 1 to 366 days"}
	}
	var known bool
	if err := a.db.QueryRowContext(ctx, "SELECT count(*) > 0 FROM account WHERE name = $1 AND disabled = 0", name).Scan(&known); err != nil {
		return "", fmt.Errorf("make token: %w", err)
	}
	if !known {
		return "", noAccount(name)
	}
	secret, digest := newSecret(tokenPrefix)
	_, err = a.db.ExecContext(ctx, "INSERT INTO token (hash, account, label, may, until) VALUES ($1, $2, $3, $4, $5)", digest, name, label, may, a.now().Add(life).Unix())
	return secret, err
}

// Bearer returns the account of a token.
func (a *Accounts) Bearer(ctx context.Context, secret string) (x Account, ok bool, err error) {
	return a.find(ctx, "SELECT account.name, office, may FROM token JOIN account ON account.name = token.account WHERE token.hash = $1 AND until > $2 AND disabled = 0", secret)
}

func (a *Accounts) find(ctx context.Context, query, secret string) (x Account, ok bool, err error) {
	err = a.db.QueryRowContext(ctx, query, digestOf(secret), a.now().Unix()).Scan(&x.Name, &x.Office, &x.May)
	if errors.Is(err, sql.ErrNoRows) {
		return Account{}, false, nil
	}
	return x, err == nil, err
}

func newSecret(prefix string) (secret string, digest []byte) {
	b := make([]byte, 32)
	_, _ = rand.Read(b) // it does not fail: it ends the program instead
	secret = prefix + base64.RawURLEncoding.EncodeToString(b)
	return secret, digestOf(secret)
}

func digestOf(secret string) []byte {
	d := sha256.Sum256([]byte(secret))
	return d[:]
}

// The cost of a password: argon2id with 64 MiB.
const (
	argonTime, argonMemory, argonThreads = 2, 64 << 10, 2
	argonSalt, argonKey                  = 16, 32
)

func (a *Accounts) hash(ctx context.Context, password string) (string, error) {
	switch {
	case !utf8.ValidString(password) || utf8.RuneCountInString(password) < minPassword:
		return "", &truce.Error{Kind: truce.Invalid, Field: "password", Why: fmt.Sprintf("a password has at least %d characters", minPassword)}
	case len(password) > maxPassword:
		return "", &truce.Error{Kind: truce.Invalid, Field: "password", Why: fmt.Sprintf("a password has at most %d bytes", maxPassword)}
	}
	salt := make([]byte, argonSalt)
	_, _ = rand.Read(salt) // it does not fail: it ends the program instead
	key, err := a.argon(ctx, password, salt, argonTime, argonMemory, argonThreads)
	b64 := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, argonMemory, argonTime, argonThreads, b64(salt), b64(key)), err
}

// matches checks a password against a hash with the costs that the hash names.
func (a *Accounts) matches(ctx context.Context, hash, password string) (bool, error) {
	if len(password) > maxPassword {
		return false, nil
	}
	var version, memory, passes uint32
	var threads uint8
	parts := strings.Split(hash, "$")
	if len(parts) != 6 || parts[1] != "argon2id" {
		return false, errors.New("log in: the stored hash is not argon2id")
	}
	_, err1 := fmt.Sscanf(parts[2], "v=%d", &version)
	_, err2 := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &memory, &passes, &threads)
	salt, err3 := base64.RawStdEncoding.DecodeString(parts[4])
	want, err4 := base64.RawStdEncoding.DecodeString(parts[5])
	if err := errors.Join(err1, err2, err3, err4); err != nil || version != argon2.Version || memory > 4*argonMemory || passes > 16 || passes == 0 || threads == 0 {
		return false, fmt.Errorf("log in: the stored hash cannot be read: %w", errors.Join(err, errors.ErrUnsupported))
	}
	have, err := a.argon(ctx, password, salt, passes, memory, threads)
	return subtle.ConstantTimeCompare(have, want) == 1, err
}

// argon waits for its turn, since each run takes its memory.
func (a *Accounts) argon(ctx context.Context, password string, salt []byte, passes, memory uint32, threads uint8) ([]byte, error) {
	select {
	case a.hashing <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { <-a.hashing }()
	return argon2.IDKey([]byte(password), salt, passes, memory, threads, argonKey), nil
}
