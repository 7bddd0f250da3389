"""The packaged models' files; ``NOTICE.md`` states their licence."""
