package centre

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/marchday/marchday/picture"
	"github.com/marchday/marchday/record"
	"github.com/marchday/marchday/truce"
	"github.com/marchday/marchday/vault"
)

// Anonymous is what somebody tells without saying who they are.
type Anonymous struct {
	Act      string        // a node of the taxonomy's acts; empty: a person reads the words and enters the claim
	Place    truce.PlaceID // empty if none was found
	Day      string        // 2016-05-04; empty if not known
	Words    string
	Contact  string // if they want to be reached
	Lang     string
	Received []byte // the form as it came in
	Once     string // its token
}

// Coarse is a claim in which nothing may point at who made it: an act, the
// district and the day. Act or place may be empty, not both, and not the day
// without an act.
func (c *Centre) Coarse(ctx context.Context, act string, place truce.PlaceID, day string) (truce.Claim, error) {
	claim := truce.Claim{Event: act, Stance: truce.Stated}
	if place != "" {
		claim.Where = c.district(place)
	}
	if day == "" {
		return claim, nil
	}
	house, err := c.house(ctx)
	if err != nil {
		return claim, err
	}
	from, to, err := house.Procedure.Zone.DayBounds(day)
	if err != nil {
		return claim, &truce.Error{Kind: truce.Invalid, Field: "day", Why: "the day cannot be read: write it as 2016-05-04"}
	}
	if from > c.Now() {
		return claim, &truce.Error{Kind: truce.Invalid, Field: "day", Why: "this day has not come yet"}
	}
	claim.When = truce.When{From: from, To: to, Precision: truce.ToDay}
	return claim, nil
}

// AnonymousDelay is how long a report may wait to be mixed with others: a
// published parameter of the procedure.
func (c *Centre) AnonymousDelay(house picture.House) time.Duration {
	if d := house.Procedure.DelaySeconds; d > 0 {
		return time.Duration(d) * time.Second
	}
	return longestDelay
}

// TakeAnonymous takes a report in from somebody who does not say who they are.
// The words go to the vault, the act, the district and the day to the record,
// after the batching delay, in the name of the centre's desk. It supports an
// incident that others tell of and opens none, and all such reports are one
// lineage: a flood of them moves no count and opens no case. The code that is
// returned is kept nowhere; the same form sent again gets another code for the
// same report.
func (c *Centre) TakeAnonymous(ctx context.Context, a Anonymous) (code string, err error) {
	if strings.TrimSpace(a.Words) == "" {
		return "", &truce.Error{Kind: truce.Invalid, Field: "words", Why: "say in your own words what happened"}
	}
	house, err := c.house(ctx)
	if err != nil {
		return "", err
	}
	const publisher = "anonymous"
	r := truce.Report{Channel: "form", Publisher: publisher, Supports: true, Marking: truce.Amber}
	if a.Act != "" {
		claim, err := c.Coarse(ctx, a.Act, a.Place, a.Day)
		if err != nil {
			return "", err
		}
		claim.Sources = []truce.Source{{Ref: truce.Ref{ID: publisher}}}
		r.Claims = []truce.Claim{claim}
	}
	t, err := c.HideSource(ctx, Confided{
		Office: c.sequencer(house), Desk: "anonymous", Received: a.Received, Once: a.Once, Report: r, Hold: true,
		Source: Source{Words: a.Words, Contact: a.Contact, Lang: a.Lang, Place: string(a.Place), When: a.Day, Consent: "anonymous form"},
	})
	if err != nil {
		return "", err
	}
	return c.o.Vault.Issue(ctx, t.Pseudonym, t.Key)
}

// The states of a report that was given without a name.
const (
	AnonymousUnknown  = "unknown"  // no such code; or its source was erased; or it is older than codes last
	AnonymousWaiting  = "waiting"  // held, so that its place in the record tells no time
	AnonymousRecorded = "recorded" // on the record
)

// AnonymousState returns what became of a report, by its receipt code. It does
// not say which entry of the record it is: a code may be found on its owner.
func (c *Centre) AnonymousState(ctx context.Context, code string) (string, error) {
	if c.o.Vault == nil {
		return AnonymousUnknown, nil
	}
	_, key, err := c.o.Vault.Receipt(ctx, code)
	if errors.Is(err, vault.ErrUnknown) {
		return AnonymousUnknown, nil
	}
	if err != nil {
		return "", err
	}
	_, err = c.log.Find(ctx, key)
	if errors.Is(err, record.ErrNotFound) {
		return AnonymousWaiting, nil
	}
	if err != nil {
		return "", fmt.Errorf("look the report up: %w", err)
	}
	return AnonymousRecorded, nil
}

// ForgetAnonymous erases what somebody told, by their receipt code: from the
// vault, and from what waits. An act, a district and a day that are on the
// record stay there.
func (c *Centre) ForgetAnonymous(ctx context.Context, code string) error {
	if c.o.Vault == nil {
		return &truce.Error{Kind: truce.Unavailable, Field: "vault", Why: "this centre has no vault"}
	}
	pseudonym, _, err := c.o.Vault.Receipt(ctx, code)
	if errors.Is(err, vault.ErrUnknown) {
		return &truce.Error{Kind: truce.Unknown, Field: "code", Why: "no report has this code: it was mistyped, it is erased already, or it is older than codes last"}
	}
	if err != nil {
		return err
	}
	return c.ForgetSource(ctx, "", pseudonym, "asked")
}
