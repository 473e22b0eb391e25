package web

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/color"
	_ "image/gif" // what the viewing copy is made of
	"image/jpeg"
	_ "image/png" // likewise
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/marchday/marchday/picture"
	"github.com/marchday/marchday/record"
	"github.com/marchday/marchday/truce"
)

// The limits of an exhibit.
const (
	maxExhibit = 16 << 20   // bytes of a file
	maxPixels  = 40_000_000 // of an image that a viewing copy is made of
	maxSide    = 1024       // pixels of the copy's longer side
	maxCustody = 50         // hands in one log
	maxShown   = 200        // exhibits on the list
)

type exhibitsPage struct {
	page
	About  string
	Fields []Field
	Fault  string
	May    bool
	Limit  string
}

// exhibits lists what a reader may see of the files that reports and cases
// rest on, and takes one in.
func (s *site) exhibits(v *visit) error {
	p, err := queryExhibits(v)
	if err != nil {
		return err
	}
	return v.show("exhibits", p)
}

func queryExhibits(v *visit) (*exhibitsPage, error) {
	p := &exhibitsPage{page: v.page(Link{v.t.T("nav.record"), "/record"}, Link{v.t.T("exhibit.title"), ""}), About: v.q.Get("about"), May: v.may("exhibit"), Limit: strconv.Itoa(maxExhibit >> 20)}
	all, err := v.exhibitsAbout(p.About)
	if err != nil {
		return nil, err
	}
	t := p.add(&Table{ID: "exhibits", Caption: v.t.T("exhibit.title"), Empty: v.t.T("exhibit.empty"), Columns: v.columns("statement", "received", "office", "name", "kind", "size", "digest")})
	for _, x := range all {
		link := Cell{Text: statementLink(x.Index).Label, Href: exhibitHref(x.Index), Value: strconv.FormatInt(x.Index, 10)}
		t.Rows = append(t.Rows, Row{Cells: []Cell{link, v.instant(x.Received()), {Text: v.officeName(x.Office), Value: string(x.Office)}, {Text: x.body.Name}, {Text: x.body.MediaType}, {Text: v.t.Number(x.body.Bytes), Value: strconv.FormatInt(x.body.Bytes, 10)}, {Text: x.body.Digest.String()}}})
	}
	p.Fields = v.exhibitFields(p.About)
	return p, nil
}

func exhibitHref(index int64) string { return "/exhibits/" + strconv.FormatInt(index, 10) }

func (v *visit) exhibitFields(about string) []Field {
	t := v.t
	return []Field{
		{Name: "about", Label: t.T("exhibit.about"), Hint: t.T("exhibit.about_hint"), Value: about},
		{Name: "captured", Label: t.T("exhibit.captured"), Type: "datetime-local"},
		{Name: "tool", Label: t.T("exhibit.tool")},
		{Name: "from", Label: t.T("exhibit.from"), Hint: t.T("exhibit.from_hint")},
		{Name: "marking", Label: t.T("exhibit.marking"), Required: true, Choices: v.pairs("marking.", "amber", "green", "clear")},
	}
}

// anExhibit is an exhibit statement with its body.
type anExhibit struct {
	picture.Statement
	body *truce.Exhibit
}

// exhibitsAbout are the exhibits that the reader may see, newest first; of one
// statement where it is named.
func (v *visit) exhibitsAbout(about string) ([]anExhibit, error) {
	var of truce.StatementID
	if about != "" {
		x, err := v.statementAt(strings.TrimPrefix(strings.TrimSpace(about), "S "))
		if err != nil {
			return nil, err
		}
		of = x.ID
	}
	all, err := v.view.Statements(v.ctx(), picture.StatementFilter{Kinds: []truce.Kind{"exhibit"}, Standing: true, Limit: picture.MaxPage})
	var out []anExhibit
	for _, x := range all {
		body, err := x.Body()
		if err != nil {
			return nil, err
		}
		if e, ok := body.(*truce.Exhibit); ok && (of.IsZero() || e.About == of) && len(out) < maxShown {
			out = append(out, anExhibit{x, e})
		}
	}
	return out, err
}

// exhibitPage is one exhibit: what it is, through whose hands it went, and the
// copy to look at.
type exhibitPage struct {
	page
	Title   string
	Facts   []Fact
	About   Link
	Origin  Link // the statement
	Custody []custodyPart
	Copy    string // address of the viewing copy; "" where there is none
	File    string // address of the original; "" for those who may not have it
	Gone    bool   // the file was erased; what was said of it stays
	Camera  []Fact // what the camera wrote: analysts alone
	Differs string
	May     bool
	Action  string
}

type custodyPart struct {
	By, Note string
	At       Cell
}

func (v *visit) exhibitAt(n string) (anExhibit, error) {
	x, err := v.statementAt(n)
	if err != nil {
		return anExhibit{}, err
	}
	body, err := x.Body()
	if err != nil {
		return anExhibit{}, err
	}
	e, ok := body.(*truce.Exhibit)
	if !ok || x.Refused != "" {
		return anExhibit{}, &truce.Error{Kind: truce.Unknown, Why: v.t.T("exhibit.not")}
	}
	return anExhibit{x, e}, nil
}

// analyst reports whether the visitor may have originals and what cameras wrote
// into them.
func (v *visit) analyst() bool { return v.me.ID != "" && v.view.Level() == truce.Amber }

func (s *site) exhibit(v *visit) error {
	x, err := v.exhibitAt(v.r.PathValue("n"))
	if err != nil {
		return err
	}
	p, err := queryExhibit(v, x)
	if err != nil {
		return err
	}
	return v.show("exhibit", p)
}

func queryExhibit(v *visit, x anExhibit) (*exhibitPage, error) {
	t, e := v.t, x.body
	title := pick(e.Name != "", e.Name, e.Digest.Short())
	p := &exhibitPage{
		page:  v.page(Link{t.T("nav.record"), "/record"}, Link{t.T("exhibit.title"), "/exhibits"}, Link{title, ""}),
		Title: title, Origin: statementLink(x.Index), May: x.Office == v.me.ID && x.GoneAt < 0, Action: exhibitHref(x.Index) + "/custody",
	}
	p.Facts = []Fact{
		{t.T("col.digest"), e.Digest.String()}, {t.T("col.kind"), e.MediaType}, {t.T("col.size"), t.Number(e.Bytes)},
		{t.T("exhibit.tool"), e.Tool}, {t.T("exhibit.captured"), v.instant(e.Captured.From).Text}, {t.T("col.office"), v.officeName(x.Office)},
	}
	if !e.About.IsZero() {
		p.About = v.statement(e.About)
	}
	for _, c := range e.Custody {
		p.Custody = append(p.Custody, custodyPart{c.By, c.Note, v.instant(c.At)})
	}
	if !e.Working.IsZero() {
		p.Copy = exhibitHref(x.Index) + "/copy"
	}
	if !v.analyst() {
		return p, nil
	}
	file, err := v.s.o.Centre.Record().Blob(v.ctx(), e.Digest)
	if errors.Is(err, record.ErrNotFound) {
		p.Gone = true
		return p, nil
	}
	if err != nil {
		return nil, err
	}
	p.File = exhibitHref(x.Index) + "/file"
	if c := readEXIF(file); !c.empty() {
		p.Camera = []Fact{{t.T("exhibit.taken"), c.Taken}, {t.T("exhibit.camera"), strings.TrimSpace(c.Make + " " + c.Model)}, {t.T("exhibit.software"), c.Software}}
		if c.Lat != "" && c.Lon != "" {
			p.Camera = append(p.Camera, Fact{t.T("exhibit.place"), c.Lat.String() + " " + c.Lon.String()})
		}
		p.Differs = v.differs(c, e.Captured)
	}
	return p, nil
}

// differs says by how much the camera's clock, taken as local, is off what was
// stated; "" within an hour or where one of them is missing.
func (v *visit) differs(c exif, stated truce.When) string {
	at, err := time.Parse("2006-01-02T15:04:05", c.Taken)
	if err != nil || stated.From == 0 {
		return ""
	}
	said := v.local(stated.From)
	wall := time.Date(said.Year(), said.Month(), said.Day(), said.Hour(), said.Minute(), said.Second(), 0, time.UTC)
	if off := at.Sub(wall).Abs(); off > time.Hour {
		return v.t.T("exhibit.differs", "span", v.t.Span(off))
	}
	return ""
}

// exhibitCopy serves the viewing copy: small, grey, without anything the
// camera wrote.
func (s *site) exhibitCopy(v *visit) error {
	return v.sendExhibit(func(e *truce.Exhibit) (truce.Digest, string, string) { return e.Working, "image/jpeg", "inline" })
}

// exhibitFile gives the original to those who weigh it, never to be shown by
// the browser itself.
func (s *site) exhibitFile(v *visit) error {
	if !v.analyst() {
		return &truce.Error{Kind: truce.Forbidden, Why: v.t.T("exhibit.original")}
	}
	return v.sendExhibit(func(e *truce.Exhibit) (truce.Digest, string, string) {
		return e.Digest, "application/octet-stream", `attachment; filename="` + e.Digest.Short() + `"`
	})
}

func (v *visit) sendExhibit(what func(*truce.Exhibit) (digest truce.Digest, kind, how string)) error {
	x, err := v.exhibitAt(v.r.PathValue("n"))
	if err != nil {
		return err
	}
	digest, kind, how := what(x.body)
	if digest.IsZero() {
		return &truce.Error{Kind: truce.Unknown, Why: v.t.T("exhibit.no_copy")}
	}
	b, err := v.s.o.Centre.Record().Blob(v.ctx(), digest)
	if err != nil {
		return err
	}
	h := v.w.Header()
	h.Set("Content-Disposition", how)
	h.Set("Cache-Control", "private, no-cache")
	return v.sendFile(kind, b)
}

// takeExhibit keeps an uploaded file and its viewing copy, and says what they
// are. The statement names the file by its digest; the file is no part of the
// record and can be erased.
func (s *site) takeExhibit(v *visit) error {
	file, err := v.uploaded()
	if err != nil {
		return v.exhibitFault(err)
	}
	e := &truce.Exhibit{Digest: truce.DigestOf(file), MediaType: http.DetectContentType(file), Bytes: int64(len(file))}
	if err := v.describe(e); err != nil {
		return v.exhibitFault(err)
	}
	r, err := v.keepExhibit(e, file)
	if err != nil {
		return v.exhibitFault(err)
	}
	return v.see(exhibitHref(r.Index))
}

func (v *visit) exhibitFault(err error) error {
	var e *truce.Error
	if !errors.As(err, &e) {
		return err
	}
	p, qerr := queryExhibits(v)
	if qerr != nil {
		return errors.Join(err, qerr)
	}
	p.Fault = e.Why
	for i := range p.Fields {
		p.Fields[i].Value = v.r.PostForm.Get(p.Fields[i].Name)
	}
	status, _ := statusOf(err)
	return v.s.pages.Render(v.w, status, "exhibits", p)
}

// uploaded reads the file of the form. What the sender called it is not kept: a
// name of a file is often a name of somebody, and the record is for ever.
func (v *visit) uploaded() ([]byte, error) {
	if err := v.maySay(); err != nil {
		return nil, err
	}
	if err := v.r.ParseMultipartForm(maxExhibit); err != nil {
		var big *http.MaxBytesError
		if errors.As(err, &big) {
			return nil, err
		}
		return nil, &truce.Error{Kind: truce.Invalid, Field: "file", Why: v.t.T("exhibit.no_file")}
	}
	defer func() { _ = v.r.MultipartForm.RemoveAll() }() // what is left is in the system's temporary folder
	f, _, err := v.r.FormFile("file")
	if err != nil {
		return nil, &truce.Error{Kind: truce.Invalid, Field: "file", Why: v.t.T("exhibit.no_file")}
	}
	b, err := io.ReadAll(io.LimitReader(f, maxExhibit+1))
	if err := errors.Join(err, f.Close()); err != nil {
		return nil, err
	}
	switch {
	case len(b) == 0:
		return nil, &truce.Error{Kind: truce.Invalid, Field: "file", Why: v.t.T("exhibit.no_file")}
	case len(b) > maxExhibit:
		return nil, &truce.Error{Kind: truce.Invalid, Field: "file", Why: v.t.T("exhibit.too_large", "n", maxExhibit>>20)}
	}
	return b, nil
}

// describe fills what the form says of the file.
func (v *visit) describe(e *truce.Exhibit) error {
	form, now := v.r.PostForm, v.s.o.Centre.Now()
	e.Tool, e.Marking = form.Get("tool"), truce.Marking(form.Get("marking"))
	if about := strings.TrimSpace(form.Get("about")); about != "" {
		x, err := v.statementAt(strings.TrimSpace(strings.TrimPrefix(about, "S")))
		if err != nil {
			return err
		}
		e.About = x.ID
	}
	at, err := v.due(form.Get("captured"))
	if err != nil {
		return err
	}
	if at != 0 {
		e.Captured = truce.When{From: at, Local: form.Get("captured"), Zone: v.house.Procedure.Zone.Name}
	}
	if from := strings.TrimSpace(form.Get("from")); from != "" {
		e.Custody = append(e.Custody, truce.Custody{By: from, Note: v.t.T("exhibit.before")})
	}
	e.Custody = append(e.Custody, truce.Custody{By: v.hand(), At: now, Note: v.t.T("exhibit.uploaded")})
	return e.Validate()
}

// hand is the visitor as a log of custody names it.
func (v *visit) hand() string { return string(v.me.ID) + "/" + v.who.Name }

func (v *visit) keepExhibit(e *truce.Exhibit, file []byte) (record.Receipt, error) {
	log := v.s.o.Centre.Record()
	shown, err := viewingCopy(v.ctx(), file)
	if err != nil {
		return record.Receipt{}, err
	}
	if _, err := log.PutBlob(v.ctx(), record.Exhibit, file); err != nil {
		return record.Receipt{}, err
	}
	if shown != nil {
		digest, err := log.PutBlob(v.ctx(), record.Exhibit, shown)
		if err != nil {
			return record.Receipt{}, err
		}
		e.Working = digest
	}
	return v.say(e)
}

// takeCustody says that another hand holds an exhibit now: the same file with a
// longer log.
func (s *site) takeCustody(v *visit) error {
	form, err := v.form()
	if err != nil {
		return err
	}
	x, err := v.exhibitAt(v.r.PathValue("n"))
	if err != nil {
		return err
	}
	by := strings.TrimSpace(form.Get("by"))
	switch {
	case by == "":
		return &truce.Error{Kind: truce.Invalid, Field: "by", Why: v.t.T("exhibit.by_whom")}
	case x.Office != v.me.ID:
		return &truce.Error{Kind: truce.Forbidden, Why: v.t.T("exhibit.not_yours")}
	case len(x.body.Custody) >= maxCustody:
		return &truce.Error{Kind: truce.Invalid, Field: "custody", Why: v.t.T("exhibit.full")}
	}
	e := *x.body
	e.Custody = append(slices.Clone(e.Custody), truce.Custody{By: by, At: s.o.Centre.Now(), Note: form.Get("note")})
	r, err := v.say(&e)
	if err != nil {
		return err
	}
	return v.see(exhibitHref(r.Index))
}

// viewingCopy makes a small grey JPEG of an image, by its pixels alone, so that
// nothing that stood beside them is left. It is nil for what is no image, or a
// damaged or huge one: that is kept all the same.
func viewingCopy(ctx context.Context, file []byte) ([]byte, error) {
	c, kind, err := image.DecodeConfig(bytes.NewReader(file))
	if err != nil || !slices.Contains([]string{"jpeg", "png", "gif"}, kind) {
		return nil, nil
	}
	if c.Width < 1 || c.Height < 1 || c.Width > maxPixels/c.Height {
		return nil, nil
	}
	full, _, err := image.Decode(bytes.NewReader(file))
	if err != nil {
		return nil, nil //nolint:nilerr // a damaged image is evidence too
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	var b bytes.Buffer
	const quality = 75
	err = jpeg.Encode(&b, shrink(full), &jpeg.Options{Quality: quality})
	return b.Bytes(), err
}

// shrink makes each pixel of the copy the mean of those that it stands for.
func shrink(full image.Image) *image.Gray {
	r := full.Bounds()
	step := (max(r.Dx(), r.Dy()) + maxSide - 1) / maxSide
	out := image.NewGray(image.Rect(0, 0, (r.Dx()+step-1)/step, (r.Dy()+step-1)/step))
	for y := range out.Rect.Dy() {
		for x := range out.Rect.Dx() {
			sum, n := 0, 0
			for fy := r.Min.Y + y*step; fy < min(r.Min.Y+(y+1)*step, r.Max.Y); fy++ {
				for fx := r.Min.X + x*step; fx < min(r.Min.X+(x+1)*step, r.Max.X); fx++ {
					g, _ := color.GrayModel.Convert(full.At(fx, fy)).(color.Gray)
					sum += int(g.Y)
					n++
				}
			}
			out.Pix[y*out.Stride+x] = uint8(sum / n) // a mean of bytes
		}
	}
	return out
}
