"""What is to be known of OpenAI-compatible endpoints, apart from talking to one."""
