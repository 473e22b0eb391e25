package centre

import (
	"context"
	"fmt"

	"github.com/marchday/marchday/picture"
	"github.com/marchday/marchday/record"
	"github.com/marchday/marchday/truce"
)

// Edition is one format and language of a bulletin, as bytes.
type Edition struct {
	Format string // json, html, csv, geojson
	Lang   string
	Bytes  []byte
}

// Day is what a renderer gets: the picture as the audience sees it at the
// cut-off, and where in the record it stands.
type Day struct {
	View   *picture.View
	Day    string        // the counting day: 2016-05-05
	From   truce.Instant // the cut-off before
	To     truce.Instant // the cut-off
	Origin string
	Size   int64
	Root   truce.Digest
}

// Render makes the editions of a day. It is handed in, so that the office that
// closes days does not know the room that renders them.
type Render func(ctx context.Context, d Day) ([]Edition, error)

// CloseDay closes a counting day at its cut-off: the public editions are
// rendered from the picture, kept as blobs, and their digests are appended. A
// day that was closed gives its first receipt again. The clock must have
// reached the cut-off.
func (c *Centre) CloseDay(ctx context.Context, day string, render Render) (record.Receipt, error) {
	return c.publishDay(ctx, day, render, func(*truce.Bulletin) (string, error) { return "bulletin/daily/" + day, nil })
}

// CorrectDay publishes an erratum to a day that was closed: the day is rendered
// anew from what the record says by now, and the new bulletin names the newest
// one that it corrects, and why. The old editions stay as they were published.
func (c *Centre) CorrectDay(ctx context.Context, day, why string, render Render) (record.Receipt, error) {
	if why == "" {
		return record.Receipt{}, &truce.Error{Kind: truce.Invalid, Field: "why", Why: "an erratum says what was wrong"}
	}
	return c.publishDay(ctx, day, render, func(b *truce.Bulletin) (string, error) {
		old, err := c.bulletinOf(ctx, day)
		if err != nil {
			return "", err
		}
		b.Errata, b.Why = old.ID, why
		return "bulletin/erratum/" + old.ID.String() + "/" + why, nil
	})
}

// bulletinOf returns the newest bulletin of a day.
func (c *Centre) bulletinOf(ctx context.Context, day string) (picture.Statement, error) {
	all, err := c.View(truce.Viewer{}).Statements(ctx, picture.StatementFilter{Kinds: []truce.Kind{"bulletin"}, Standing: true, Limit: maxBulletins})
	if err != nil {
		return picture.Statement{}, err
	}
	for _, s := range all {
		if s.Name == day {
			return s, nil
		}
	}
	return picture.Statement{}, &truce.Error{Kind: truce.Unknown, Field: "day", Why: day + " was not closed: an erratum corrects what was published"}
}

// maxBulletins is how far back a bulletin is looked for.
const maxBulletins = 10_000

// publishDay renders a day and appends its bulletin under the key that head
// returns, having filled in what the bulletin says of another.
func (c *Centre) publishDay(ctx context.Context, day string, render Render, head func(*truce.Bulletin) (string, error)) (record.Receipt, error) {
	if err := c.CatchUp(ctx); err != nil {
		return record.Receipt{}, err
	}
	house, err := c.View(truce.Viewer{}).House(ctx)
	if err != nil {
		return record.Receipt{}, err
	}
	from, to, err := period(&house.Procedure, day)
	if err != nil {
		return record.Receipt{}, err
	}
	if now := c.Now(); now < to {
		return record.Receipt{}, &truce.Error{Kind: truce.Conflict, Field: "day", Why: fmt.Sprintf("%s ends at %s, and it is %s: close it then", day, to, now)}
	}
	at, err := c.picture.Position(ctx)
	if err != nil {
		return record.Receipt{}, err
	}
	body := &truce.Bulletin{Sort: "daily", Day: day, From: from, To: to, Size: at.Size, Root: at.Root, Audience: string(truce.Clear)}
	key, err := head(body)
	if err != nil {
		return record.Receipt{}, err
	}
	editions, err := render(ctx, Day{c.picture.View(truce.Viewer{}, at.Size, to), day, from, to, c.o.Origin, at.Size, at.Root})
	if err != nil {
		return record.Receipt{}, fmt.Errorf("render %s: %w", day, err)
	}
	for _, e := range editions {
		digest, err := c.log.PutBlob(ctx, record.Kept, e.Bytes)
		if err != nil {
			return record.Receipt{}, err
		}
		body.Editions = append(body.Editions, truce.Edition{Format: e.Format, Lang: e.Lang, Digest: digest, Bytes: int64(len(e.Bytes))})
	}
	r, err := c.SayOnce(ctx, truce.DigestOf([]byte(key)), c.sequencer(house), "closing", c.Now(), body)
	if err != nil {
		return r, err
	}
	return r, c.CatchUp(ctx)
}

// period returns the cut-offs that begin and end a counting day.
func period(p *truce.Procedure, day string) (from, to truce.Instant, err error) {
	begin, _, err := p.Zone.DayBounds(day)
	if err != nil {
		return 0, 0, err
	}
	if from, err = p.Zone.Instant(p.Zone.DayOf(begin-truce.Day/2) + "T" + p.CutOff); err != nil {
		return 0, 0, err
	}
	to, err = p.Zone.Instant(day + "T" + p.CutOff)
	return from, to, err
}

// sequencer returns the office that appends what a rule asks for.
func (c *Centre) sequencer(h picture.House) truce.OfficeID {
	for _, o := range h.Offices {
		if o.Role == truce.Centre {
			return o.ID
		}
	}
	return ""
}
