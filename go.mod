module github.com/marchday/marchday

go 1.26
