package intake

import (
	"bytes"
	"net/url"
	"regexp"
	"strings"
	"unicode/utf8"

	readability "codeberg.org/readeck/go-readability/v2"

	"github.com/marchday/marchday/truce"
)

// Paper is what is known of an article beside its bytes.
type Paper struct {
	File      string        // for errors
	Publisher string        // the outlet
	Date      truce.Instant // of the dateline
	URL       string
	Lang      string // BCP 47; read from the page if empty and the page says it
	Encoding  string // of plain text; assumed if empty
}

const (
	maxArticlePart = 40_000 // bytes of text a report
	minWords       = 20     // fewer are no article but a wall
)

var htmlMark = regexp.MustCompile(`(?i)<(?:!doctype html|html|head|body|article|p|div)[\s>]`)

// Article reads an article, plain or HTML. Of a page it takes the main text,
// found by a library; what it leaves out stays in the original, whose digest is
// each report's first exhibit and which the caller keeps. A text over 40,000
// bytes becomes several reports, in parts. A page without a text of twenty
// words, such as a login wall, is refused: no content is not no claims.
func Article(b []byte, p Paper) ([]truce.Report, error) {
	if len(b) > MaxDocument {
		return nil, at(p.File, 0, "", tooBig(MaxDocument))
	}
	title, text := "", ""
	var err error
	if htmlMark.Match(b[:min(len(b), 4096)]) {
		title, text, err = mainText(b, &p)
	} else if text, _, err = decodeText(b, p.Encoding); err == nil {
		text = paragraphs(text)
	}
	if err != nil {
		return nil, at(p.File, 0, "", err)
	}
	if len(strings.Fields(text)) < minWords {
		return nil, at(p.File, 0, "", invalid("no content: under twenty words of text; is it a login or consent page?"))
	}
	parts := split(text, maxArticlePart)
	reports := make([]truce.Report, len(parts))
	for i, part := range parts {
		reports[i] = truce.Report{
			Channel: "article", Publisher: p.Publisher, Title: title, Text: part, Lang: p.Lang, Date: p.Date, URL: p.URL,
			Exhibits: []truce.Digest{truce.DigestOf(b)},
		}
		if len(parts) > 1 {
			reports[i].Part, reports[i].Of = int32(i+1), int32(len(parts))
		}
		if err := reports[i].Validate(); err != nil {
			return nil, at(p.File, 0, "", err)
		}
	}
	return reports, nil
}

// mainText finds a page's title and text, and fills in what the page says of
// itself where the caller does not.
func mainText(b []byte, p *Paper) (title, text string, err error) {
	page, err := url.Parse(p.URL)
	if err != nil || p.URL == "" {
		page = nil
	}
	found, err := readability.FromReader(bytes.NewReader(b), page)
	if err != nil {
		return "", "", invalid("the page cannot be read: " + err.Error())
	}
	if found.Node == nil {
		return "", "", nil
	}
	var out strings.Builder
	if err := found.RenderText(&out); err != nil {
		return "", "", invalid("the page's text cannot be read: " + err.Error())
	}
	if !utf8.ValidString(out.String()) {
		return "", "", invalid("the page is not in the encoding that it names: save it as UTF-8")
	}
	if p.Lang == "" {
		p.Lang = found.Language()
	}
	if p.Publisher == "" {
		p.Publisher = found.SiteName()
	}
	if t, err := found.PublishedTime(); err == nil && p.Date == 0 && !t.IsZero() {
		p.Date = truce.At(t)
	}
	return strings.Join(strings.Fields(found.Title()), " "), paragraphs(out.String()), nil
}

// paragraphs puts each paragraph on a line of its own, without blank lines,
// control characters or spaces at the ends.
func paragraphs(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\n':
			return r
		case r == '\r':
			return -1
		case r < ' ':
			return ' '
		}
		return r
	}, strings.ReplaceAll(s, "\r\n", "\n"))
	var lines []string
	for line := range strings.SplitSeq(s, "\n") {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "\n")
}

// split cuts a text into parts of at most size bytes, at the end of a
// paragraph, else of a sentence, else of a word.
func split(s string, size int) []string {
	var parts []string
	for len(s) > size {
		cut := size
		for _, end := range []string{"\n", ". ", " "} {
			if i := strings.LastIndex(s[:size], end); i > size/2 {
				cut = i + len(end)
				break
			}
		}
		for cut > 0 && !utf8.RuneStart(s[cut]) {
			cut--
		}
		parts = append(parts, strings.TrimSpace(s[:cut]))
		s = s[cut:]
	}
	if s = strings.TrimSpace(s); s != "" || len(parts) == 0 {
		parts = append(parts, s)
	}
	return parts
}
