module github.com/milosgajdos/taurus/pkg/events

go 1.26
