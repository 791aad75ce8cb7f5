CREATE INDEX message_words ON message (id) WHERE html <> '' OR text <> '' OR unsubscribe_url IS NOT NULL;
